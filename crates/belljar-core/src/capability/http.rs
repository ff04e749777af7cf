//! HTTP requests.

mod headers;
mod redirect;

use std::sync::Arc;

use belljar_abi::{Failure, Header, HttpRequest, HttpResponse, Lift, Lower, Request, Ticket};
use belljar_policy::{Policy, Query, Url, escape, is_header_name};

use super::form::{Act, Answered, Ask, Capability, Filter, Judge, Judged, Kind};
use crate::edit::{Edit, Part};
use crate::limits;
use crate::permit::{HttpAct, Permit};
use crate::terms::Terms;

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

    /// A GET, HEAD or OPTIONS changes nothing (RFC 9110, 9.2.1); what a server does on another method is out of reach.
    fn irreversible(&self) -> Option<&'static str> {
        self.acts().then_some("The server can act on it at once, and nothing here takes that back.")
    }

    fn acts(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }

    fn headers(&self) -> &[Header] {
        &self.headers
    }

    fn editable(&self) -> &'static [Part] {
        &[Part::Url, Part::Headers, Part::Content]
    }
}

impl Judge for HttpRequest {
    /// A method is in capitals, a URL as the WHATWG standard writes it and without the fragment, which no server sees; names
    /// of header fields are in small letters.
    fn canonicalize(&mut self) -> Result<(), String> {
        if self.method.len() > 32 || !is_header_name(&self.method) {
            return Err("the method is not one of HTTP".into());
        }
        self.method.make_ascii_uppercase();
        if matches!(self.method.as_str(), "CONNECT" | "TRACE") {
            return Err(format!("{} is for proxies and their tests, and is not sent", self.method));
        }
        let mut url = Url::parse(&self.url).map_err(|error| format!("the URL is not valid: {error}"))?;
        url.set_fragment(None);
        self.url = url.into();
        headers::canonicalize(&mut self.headers)
    }

    fn judge(&self, ticket: Ticket, terms: &Arc<Terms>) -> Result<Judged, Failure> {
        let url = Url::parse(&self.url).map_err(|error| Failure::Invalid(error.to_string()))?;
        let (policy, request) = (terms.policy(), Box::new(self.clone()));
        let headers = fields(&self.headers);
        let decision = policy.decide(&Query::Http { method: &self.method, url: &url, headers: &headers });
        let named = policy.names_private(&url);
        // What is not sent carries none.
        let secrets = if decision.answer.is_some() { Vec::new() } else { policy.secrets_for(&url) };
        // What has no effect may be done twice.
        let keys = if has_effect(&self.method) { decision.idempotency_keys.clone() } else { Vec::new() };
        let act =
            HttpAct { url, named, request, answer: decision.answer.clone(), secrets, keys, key_fields: Vec::new() };
        Ok(Judged::ByRules(Box::new(decision), Some(Act::Http(Permit::new(ticket, act)))))
    }

    /// The method stays: what is said to the person of the request follows from it, and so does what the tool makes of the answer.
    fn edited(&self, edit: &Edit) -> Result<Self, String> {
        let method = &self.method;
        let rest = edit.what.strip_prefix(method.as_str()).and_then(|rest| rest.strip_prefix(' '));
        let url = rest.ok_or_else(|| {
            format!("the method stays {method}: it begins with \"{method} \", and then comes the URL")
        })?;
        // To carry nothing and to carry no bytes is the same to whoever changes it.
        let body = edit.content.clone().filter(|body| !body.is_empty() || self.body.is_some());
        let body = body.or_else(|| self.body.as_ref().filter(|body| body.is_empty()).cloned());
        Ok(HttpRequest { url: url.to_owned(), headers: edit.headers.clone(), body, ..self.clone() })
    }

    fn grant(&self, policy: &Policy) -> Option<String> {
        let url = Url::parse(&self.url).ok()?;
        policy.suggest(&Query::Http { method: &self.method, url: &url, headers: &fields(&self.headers) })
    }

    fn exact(&self, policy: &Policy) -> Option<String> {
        let url = Url::parse(&self.url).ok()?;
        policy.exact(&Query::Http { method: &self.method, url: &url, headers: &fields(&self.headers) })
    }
}

pub(crate) use redirect::{Led, leads, next};

/// Whether to do a request twice can be another thing than to do it once.
pub(crate) fn has_effect(method: &str) -> bool {
    !matches!(method, "GET" | "HEAD" | "OPTIONS")
}

/// Header fields as rules look at them.
fn fields(headers: &[Header]) -> Vec<(&str, &str)> {
    headers.iter().map(|header| (&*header.name, &*header.value)).collect()
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
