//! Keys and values.

use std::sync::Arc;

use belljar_abi::{Failure, KvItem, KvRequest, KvResponse, Lift, Lower, Request, Ticket};
use belljar_policy::{KvAction, Policy, Query, beginning, escape};

use super::content_alone;
use super::form::{Act, Answered, Ask, Capability, Filter, Judge, Judged, Kind};
use crate::edit::{Edit, Part};
use crate::limits;
use crate::permit::Permit;
use crate::terms::Terms;

pub(super) const KIND: Kind = Kind {
    name: "kv",
    most: limits::TRANSFER + limits::BESIDE,
    text: limits::TEXT,
    lift: |values, memory| Ok(Request::Kv(Lift::lift_flat(values, memory)?)),
    failed: |failure| Err::<KvResponse, _>(failure).plan(),
};

impl Ask for KvRequest {
    fn capability(&self) -> Capability {
        Capability::Kv
    }

    fn describe(&self) -> String {
        match self {
            KvRequest::Get(key) => format!("get {}", escape(key)),
            KvRequest::Set(item) => format!("set {}", escape(&item.key)),
            KvRequest::Delete(key) => format!("delete {}", escape(key)),
            KvRequest::List(prefix) => format!("list {}", beginning(prefix)),
        }
    }

    fn payload(&self) -> Option<&[u8]> {
        match self {
            KvRequest::Set(item) => Some(&item.value),
            _ => None,
        }
    }

    fn irreversible(&self) -> Option<&'static str> {
        match self {
            KvRequest::Get(_) | KvRequest::List(_) => None,
            KvRequest::Set(_) => Some("What the key holds now, if it holds anything, is replaced."),
            KvRequest::Delete(_) => Some("What the key holds is gone then."),
        }
    }

    fn editable(&self) -> &'static [Part] {
        if let KvRequest::Set(_) = self { &[Part::Content] } else { &[] }
    }
}

/// What it means to a policy.
fn query(request: &KvRequest) -> Query<'_> {
    match request {
        KvRequest::Get(key) => Query::Kv { action: KvAction::Get, key },
        KvRequest::Set(item) => Query::Kv { action: KvAction::Set, key: &item.key },
        KvRequest::Delete(key) => Query::Kv { action: KvAction::Delete, key },
        KvRequest::List(prefix) => Query::Keys { prefix },
    }
}

impl Judge for KvRequest {
    fn canonicalize(&mut self) -> Result<(), String> {
        match self {
            KvRequest::List(prefix) => key_fits(prefix, true),
            KvRequest::Get(key) | KvRequest::Delete(key) => key_fits(key, false),
            KvRequest::Set(item) => key_fits(&item.key, false),
        }
    }

    fn judge(&self, ticket: Ticket, terms: &Arc<Terms>) -> Result<Judged, Failure> {
        let act = Act::Kv(Permit::new(ticket, self.clone()));
        Ok(Judged::ByRules(Box::new(terms.policy().decide(&query(self))), Some(act)))
    }

    fn edited(&self, edit: &Edit) -> Result<Self, String> {
        let KvRequest::Set(item) = self else { return Err("it carries nothing that can be changed".into()) };
        let value = content_alone(self, edit)?.to_vec();
        Ok(KvRequest::Set(KvItem { key: item.key.clone(), value }))
    }

    fn grant(&self, policy: &Policy) -> Option<String> {
        policy.suggest(&query(self))
    }

    fn exact(&self, policy: &Policy) -> Option<String> {
        policy.exact(&query(self))
    }
}

fn key_fits(key: &str, prefix: bool) -> Result<(), String> {
    if key.is_empty() && !prefix {
        return Err("a key must not be empty".into());
    }
    if key.len() > limits::KEY {
        return Err(format!("a key of {} bytes; at most {} are allowed", key.len(), limits::KEY));
    }
    if key.chars().any(char::is_control) {
        return Err("a key must not contain control characters".into());
    }
    Ok(())
}

impl Answered for KvResponse {
    fn capability(&self) -> Capability {
        Capability::Kv
    }

    fn size(&self) -> u64 {
        match self {
            KvResponse::Value(value) => value.as_ref().map_or(0, |value| value.len() as u64),
            KvResponse::Done(()) => 0,
            KvResponse::Keys(keys) => keys.iter().map(|key| key.len() as u64).sum(),
        }
    }
}

impl Filter for KvResponse {
    /// A list has the keys that the tool may read.
    fn filter(self, may: &dyn Fn(&Query<'_>) -> bool) -> Result<Self, Failure> {
        let KvResponse::Keys(mut keys) = self else { return Ok(self) };
        keys.retain(|key| may(&Query::Kv { action: KvAction::List, key }));
        if keys.len() > limits::KV_KEYS {
            return Err(limits::kv_too_many(limits::KV_KEYS));
        }
        Ok(KvResponse::Keys(keys))
    }
}
