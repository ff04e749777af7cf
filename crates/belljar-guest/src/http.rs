//! HTTP requests.
//!
//! A request goes to the URL that the policy judged, and a redirect that is followed is judged as a request of its own. Keys need
//! not be in a tool: a policy's secrets are put in by the host.
//!
//! ```no_run
//! use belljar_guest::{Failure, http};
//!
//! # fn run() -> Result<(), Failure> {
//! let response = http::get("https://api.github.com/repos/rust-lang/rust").header("accept", "application/json").send()?;
//! let stars = response.error_for_status()?.json::<serde_json::Value>()?["stargazers_count"].clone();
//! # Ok(())
//! # }
//! ```

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Failure;
use crate::request::Started;
use crate::world::belljar::tool::http::{self, Header, start, take};

/// What becomes of a redirect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redirect {
    /// It is followed, each hop judged as a request of its own. A page cannot do that: there it is a failure.
    #[default]
    Follow,
    /// It is the response.
    Manual,
    /// It is a failure.
    Error,
}

/// A request that is being made up; nothing happens before [`Request::send`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "nothing is sent before `send` or `start`"]
pub struct Request {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    redirect: Redirect,
}

/// A request with this method: `GET`, `POST` or any other.
pub fn request(method: impl Into<String>, url: impl Into<String>) -> Request {
    Request { method: method.into(), url: url.into(), headers: Vec::new(), body: None, redirect: Redirect::Follow }
}

/// A `GET` request.
pub fn get(url: impl Into<String>) -> Request {
    request("GET", url)
}

/// A `POST` request.
pub fn post(url: impl Into<String>) -> Request {
    request("POST", url)
}

impl Request {
    /// Adds a header field. A host refuses those that browsers keep for themselves.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets a body of JSON, and the field `content-type` if there is none.
    ///
    /// # Errors
    ///
    /// If the value has no JSON.
    pub fn json(self, value: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_vec(value).map_err(|error| Failure::Invalid(format!("the body: {error}")))?;
        let typed = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let request = if typed { self } else { self.header("content-type", "application/json") };
        Ok(request.body(body))
    }

    /// Says what becomes of redirects; they are followed unless this says otherwise.
    pub fn redirect(mut self, redirect: Redirect) -> Self {
        self.redirect = redirect;
        self
    }

    /// Sends it and waits for the whole response. A status of 400 or more is a response, too: see
    /// [`Response::error_for_status`].
    ///
    /// # Errors
    ///
    /// If it is not allowed, or there is no response.
    pub fn send(self) -> Result<Response, Failure> {
        self.start().wait()
    }

    /// [`Request::send`], without waiting.
    pub fn start(self) -> Started<Response> {
        let headers = self.headers.into_iter().map(|(name, value)| Header { name, value }).collect();
        let redirect = match self.redirect {
            Redirect::Follow => http::Redirect::Follow,
            Redirect::Manual => http::Redirect::Manual,
            Redirect::Error => http::Redirect::Error,
        };
        let request = http::Request { method: self.method, url: self.url, headers, body: self.body, redirect };
        Started::new(start(&request), |ticket| {
            let http::Response { status, url, headers, body } = take(ticket)?;
            let headers = headers.into_iter().map(|Header { name, value }| (name, value)).collect();
            Ok(Response { status, url, headers, body })
        })
    }
}

/// A response, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The status, such as 200.
    pub status: u16,
    /// Where it came from, after redirects.
    pub url: String,
    /// The header fields, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// Whether the status is one of success: 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header field of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The response, if its status is one of success.
    ///
    /// # Errors
    ///
    /// [`Failure::Other`] with the status, the URL and the beginning of the body.
    pub fn error_for_status(self) -> Result<Self, Failure> {
        if self.is_success() {
            return Ok(self);
        }
        let body: String = String::from_utf8_lossy(&self.body).chars().take(200).collect();
        Err(Failure::Other(format!("{} answered {}: {}", self.url, self.status, body.trim())))
    }

    /// The body as text.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8.
    pub fn text(self) -> Result<String, Failure> {
        let Response { url, body, .. } = self;
        String::from_utf8(body).map_err(|_| Failure::Invalid(format!("the body of {url} is not UTF-8")))
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// If it is none, or does not fit the type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Failure::Invalid(format!("the body of {}: {error}", self.url)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_made_up_from_its_parts() {
        let made = post("https://a.example/").header("X-A", "1").json(&[1, 2]).unwrap().redirect(Redirect::Error);
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(made.headers, [header("X-A", "1"), header("content-type", "application/json")]);
        assert_eq!(made.body.as_deref(), Some(b"[1,2]".as_slice()));
        let typed = request("PUT", "https://a.example/").header("Content-Type", "text/json").json(&1).unwrap();
        assert_eq!(typed.headers, [header("Content-Type", "text/json")]);
    }

    #[test]
    fn a_response_is_read_as_what_it_is() {
        let response = |status, body: &[u8]| Response {
            status,
            url: "https://a.example/".into(),
            headers: vec![("x-a".into(), "1".into())],
            body: body.to_vec(),
        };
        assert_eq!(response(200, b"[1]").json::<Vec<u8>>(), Ok(vec![1]));
        assert!(response(200, b"{").json::<Vec<u8>>().unwrap_err().to_string().contains("https://a.example/"));
        assert_eq!(response(200, "é".as_bytes()).text(), Ok("é".into()));
        assert!(response(200, b"\xff").text().is_err());
        assert_eq!(response(200, b"").header("X-A"), Some("1"));
        let failure = response(404, b" no such page\n").error_for_status().unwrap_err();
        assert_eq!(failure.to_string(), "https://a.example/ answered 404: no such page");
        assert!(response(204, b"").error_for_status().is_ok());
    }
}
