//! Redirects: what request a server's answer leads to, by the Fetch standard, and what of the first one it carries on.

use belljar_abi::{Header, HttpRedirect, HttpRequest, HttpResponse};
use belljar_policy::Url;

/// Hops of one request, at most, as in browsers.
pub(crate) const HOPS: u32 = 20;

/// Fields that describe a body.
const OF_BODY: [&str; 5] =
    ["content-encoding", "content-language", "content-location", "content-type", "content-range"];

/// Fields that are for one server alone.
const OF_ORIGIN: [&str; 3] = ["authorization", "x-api-key", "api-key"];

/// What an answer means to whoever asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Led {
    /// It is the response.
    Here,
    /// It leads to another URL, which is to be asked for next.
    To(Url),
    /// It cannot be followed: why, for the tool.
    Nowhere(String),
}

/// Where a response leads. `hops` is how many redirects were followed before.
pub(crate) fn leads(request: &HttpRequest, response: &HttpResponse, hops: u32) -> Led {
    if !matches!(response.status, 301 | 302 | 303 | 307 | 308) || request.redirect == HttpRedirect::Manual {
        return Led::Here;
    }
    let mut locations = response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("location"));
    let Some(location) = locations.next() else { return Led::Here };
    let status = response.status;
    if request.redirect == HttpRedirect::Error {
        return Led::Nowhere(format!("the server answered {status}, a redirect, and the request says to fail then"));
    }
    if locations.next().is_some() {
        return Led::Nowhere(format!("the server answered {status} with more than one location"));
    }
    if hops >= HOPS {
        return Led::Nowhere(format!("the server redirects again and again; at most {HOPS} redirects are followed"));
    }
    let target = Url::parse(&request.url).and_then(|base| base.join(&location.value));
    match target {
        Ok(mut url) => {
            url.set_fragment(None);
            Led::To(url)
        }
        Err(error) => Led::Nowhere(format!("the server answered {status} with a location that is no URL: {error}")),
    }
}

/// The request that a redirect leads to. Credentials do not go to another origin, and a body goes only where the first one
/// went, too.
///
/// # Errors
///
/// Why there is none, for the tool.
pub(crate) fn next(request: &HttpRequest, status: u16, url: &Url) -> Result<HttpRequest, String> {
    let from = Url::parse(&request.url).map_err(|error| error.to_string())?;
    let mut next = HttpRequest { url: url.to_string(), ..request.clone() };
    let becomes_get = match status {
        301 | 302 => request.method == "POST",
        303 => !matches!(request.method.as_str(), "GET" | "HEAD"),
        _ => false,
    };
    let drops =
        |headers: &mut Vec<Header>, names: &[&str]| headers.retain(|header| !names.contains(&header.name.as_str()));
    if becomes_get {
        next.method = "GET".into();
        next.body = None;
        drops(&mut next.headers, &OF_BODY);
    }
    if from.origin() != url.origin() {
        if next.body.is_some() {
            return Err(format!(
                "the server answered {status}, which would send the body to another origin, {}: ask for that URL itself if \
                 that is meant",
                url.origin().ascii_serialization()
            ));
        }
        drops(&mut next.headers, &OF_ORIGIN);
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, body: Option<&[u8]>) -> HttpRequest {
        let header = |name: &str| Header { name: name.into(), value: "v".into() };
        HttpRequest {
            method: method.into(),
            url: "https://a.example/x/y?q".into(),
            headers: vec![header("authorization"), header("content-type"), header("x-a")],
            body: body.map(<[u8]>::to_vec),
            redirect: HttpRedirect::Follow,
        }
    }

    fn answer(status: u16, locations: &[&str]) -> HttpResponse {
        let headers =
            locations.iter().map(|value| Header { name: "Location".into(), value: (*value).into() }).collect();
        HttpResponse { status, url: String::new(), headers, body: Vec::new() }
    }

    #[test]
    fn a_location_is_read_from_where_it_was_given() {
        let get = request("GET", None);
        for (location, to) in [
            ("z", "https://a.example/x/z"),
            ("/z#part", "https://a.example/z"),
            ("//b.example", "https://b.example/"),
            ("HTTP://B.example:80/../z", "http://b.example/z"),
            ("?r", "https://a.example/x/y?r"),
        ] {
            assert_eq!(leads(&get, &answer(302, &[location]), 0), Led::To(Url::parse(to).unwrap()), "{location}");
        }
        assert_eq!(leads(&get, &answer(304, &["/z"]), 0), Led::Here);
        assert_eq!(leads(&get, &answer(302, &[]), 0), Led::Here);
        for (answer, hops) in
            [(answer(302, &["https://"]), 0), (answer(302, &["/a", "/b"]), 0), (answer(307, &["/a"]), HOPS)]
        {
            assert!(matches!(leads(&get, &answer, hops), Led::Nowhere(_)), "{answer:?}");
        }
        let manual = HttpRequest { redirect: HttpRedirect::Manual, ..get.clone() };
        assert_eq!(leads(&manual, &answer(302, &["/z"]), 0), Led::Here);
        let error = HttpRequest { redirect: HttpRedirect::Error, ..get };
        assert!(matches!(leads(&error, &answer(302, &["/z"]), 0), Led::Nowhere(_)));
    }

    #[test]
    fn what_goes_on_depends_on_status_method_and_origin() {
        let (here, there) = (Url::parse("https://a.example/z").unwrap(), Url::parse("https://b.example/z").unwrap());
        let names =
            |request: &HttpRequest| request.headers.iter().map(|header| header.name.clone()).collect::<Vec<_>>();
        for (status, method, to) in [
            (301, "POST", "GET"),
            (302, "PUT", "PUT"),
            (303, "PUT", "GET"),
            (303, "HEAD", "HEAD"),
            (308, "POST", "POST"),
        ] {
            let body = (method != "HEAD").then_some(&b"b"[..]);
            let next = next(&request(method, body), status, &here).unwrap();
            assert_eq!(
                (next.method.as_str(), next.body.is_some()),
                (to, to == method && body.is_some()),
                "{status} {method}"
            );
            assert_eq!(names(&next).contains(&"content-type".into()), to == method, "{status} {method}");
        }
        assert!(next(&request("POST", Some(b"b")), 307, &there).unwrap_err().contains("https://b.example"));
        assert_eq!(names(&next(&request("POST", Some(b"b")), 303, &there).unwrap()), ["x-a"]);
        assert_eq!(names(&next(&request("GET", None), 302, &here).unwrap()).len(), 3);
    }
}
