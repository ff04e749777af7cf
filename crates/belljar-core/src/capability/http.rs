//! HTTP requests. They are judged and refused: no host performs them yet.

use std::sync::Arc;

use belljar_abi::{Failure, HttpRequest, HttpResponse, Lift, Lower, Request, Ticket};
use belljar_policy::{Policy, Url, escape};

use super::{Answered, Ask, Capability, Filter, Judge, Judged, Kind, later};
use crate::limits;
use crate::run::Terms;

pub(super) const KIND: Kind = Kind {
    name: "http",
    most: limits::TRANSFER + limits::BESIDE,
    text: limits::TEXT,
    lift: |values, memory| Ok(Request::Http(Lift::lift_flat(values, memory)?)),
    failed: |failure| Err::<HttpResponse, _>(failure).plan(),
};

impl Ask for HttpRequest {
    fn capability(&self) -> Capability {
        Capability::Http
    }

    fn describe(&self) -> String {
        format!("{} {}", escape(&self.method), seen(&self.url))
    }

    fn payload(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }
}

impl Judge for HttpRequest {
    /// A method is in capitals, a URL as the WHATWG standard writes it.
    fn canonicalize(&mut self) -> Result<(), String> {
        let token = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&c);
        if self.method.is_empty() || self.method.len() > 32 || !self.method.bytes().all(token) {
            return Err("the method is not one of HTTP".into());
        }
        self.method.make_ascii_uppercase();
        self.url = Url::parse(&self.url).map_err(|error| format!("the URL is not valid: {error}"))?.into();
        Ok(())
    }

    fn judge(&self, _: Ticket, _: &Arc<Terms>) -> Result<Judged, Failure> {
        Ok(later(Capability::Http))
    }

    /// What this version does not perform, no rule allows.
    fn grant(&self, _: &Policy) -> Option<String> {
        None
    }
}

/// A URL as the standard writes it is ASCII, but for its fragment and what is no URL.
fn seen(url: &str) -> String {
    let mut text = String::with_capacity(url.len());
    for c in url.chars() {
        if c.is_ascii_graphic() {
            text.push(c);
        } else {
            text.push_str(&escape(&c.to_string()));
        }
    }
    text
}

impl Answered for HttpResponse {
    fn capability(&self) -> Capability {
        Capability::Http
    }

    fn size(&self) -> u64 {
        let headers: usize = self.headers.iter().map(|header| header.name.len() + header.value.len()).sum();
        (self.body.len() + headers) as u64
    }
}

impl Filter for HttpResponse {}
