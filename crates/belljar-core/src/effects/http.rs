//! HTTP: what a client does, and what a permitted hop means.

use belljar_abi::{Failure, Header, HttpResponse, Response};
use belljar_policy::{Reserved, Secret, reserved};

use crate::capability::Ask as _;
use crate::limits;
use crate::permit::{HttpAct, Permit, Receipt};
use crate::secret::Secrets;

/// What performs one hop of an HTTP request.
pub trait Http {
    /// Sends exactly this request to exactly this URL, and returns the answer to it as it is: redirects are not followed, and
    /// nothing is retried. A body of more than `most` bytes is not loaded, but a failure.
    fn send(&self, act: HttpAct, most: u64) -> impl Future<Output = Result<HttpResponse, Failure>>;
}

/// Spends a permit. The secrets of its policy are put into the request here, after it was judged and logged, and taken out of
/// the answer again.
pub async fn perform(
    permit: Permit<HttpAct>,
    http: &impl Http,
    secrets: &Secrets,
) -> (Receipt, Result<Response, Failure>) {
    let most = permit.most();
    let (mut act, receipt) = permit.spend();
    let what = act.request.describe();
    let is_head = act.request.method == "HEAD";
    let (url, carried) = (act.url.to_string(), std::mem::take(&mut act.secrets));
    act.request.headers.append(&mut act.key_fields);
    if let Err(failure) = secrets.put(&carried, &mut act.request, &mut act.url) {
        return (receipt, Err(failure));
    }
    let answer = http.send(act, most).await;
    (receipt, received(answer, &what, url, is_head, &carried, secrets))
}

/// What of an answer goes on to the tool, whoever has brought it.
pub(crate) fn received(
    answer: Result<HttpResponse, Failure>,
    what: &str,
    url: String,
    is_head: bool,
    carried: &[Secret],
    secrets: &Secrets,
) -> Result<Response, Failure> {
    let mut response = answer.map_err(|failure| secrets.redact_failure(carried, failure))?;
    bounded(&response.headers, what)?;
    secrets.redact(carried, &mut response);
    response.headers = canonical(std::mem::take(&mut response.headers), is_head);
    response.url = url;
    Ok(Response::Http(response))
}

/// Refuses an answer with more header fields than a tool is to deal with, whatever the client lets through.
fn bounded(headers: &[Header], what: &str) -> Result<(), Failure> {
    let bytes: usize = headers.iter().map(|header| header.name.len() + header.value.len()).sum();
    if headers.len() > limits::ANSWER_HEADERS {
        return Err(Failure::Other(format!("{what}: the response has more than {} headers", limits::ANSWER_HEADERS)));
    }
    if bytes > limits::ANSWER_HEADER_BYTES {
        let most = limits::ANSWER_HEADER_BYTES;
        return Err(Failure::Other(format!(
            "{what}: the response's status lines and headers have more than {most} bytes"
        )));
    }
    Ok(())
}

/// The header fields of an answer in the one form that the Fetch standard has for them, whatever the client makes of them: names in
/// small letters and in order, and the values of one name as one, but for `set-cookie`. Those of the connection, and of how a body was
/// sent that is here whole and decoded, are left out; an answer to `HEAD` says how long one would be.
fn canonical(mut headers: Vec<Header>, is_head: bool) -> Vec<Header> {
    headers.iter_mut().for_each(|header| header.name.make_ascii_lowercase());
    headers.retain(|header| match header.name.as_str() {
        "content-length" | "content-encoding" => is_head,
        name => reserved(name) != Some(Reserved::Connection),
    });
    headers.sort_by(|one, other| one.name.cmp(&other.name));
    let mut canonical: Vec<Header> = Vec::with_capacity(headers.len());
    for header in headers {
        match canonical.last_mut() {
            Some(last) if last.name == header.name && header.name != "set-cookie" => {
                last.value.push_str(", ");
                last.value.push_str(&header.value);
            }
            _ => canonical.push(header),
        }
    }
    canonical
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_fields_have_one_form() {
        let header = |name: &str, value: &str| Header { name: name.into(), value: value.into() };
        let given = [
            "Connection: close",
            "Content-Length: 7",
            "X-B: 1",
            "set-cookie: b",
            "x-a: 2",
            "x-b: 0",
            "Set-Cookie: a",
            "X-b: 3",
        ];
        let given = given.iter().map(|text| text.split_once(": ").map(|(n, v)| header(n, v)).unwrap()).collect();
        let expected = [("set-cookie", "b"), ("set-cookie", "a"), ("x-a", "2"), ("x-b", "1, 0, 3")];
        assert_eq!(canonical(given, false), expected.map(|(name, value)| header(name, value)));
    }
}
