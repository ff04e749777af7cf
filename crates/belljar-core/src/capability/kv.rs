//! Keys and values.

use std::sync::Arc;

use belljar_abi::{Failure, Fault, KvChange, KvItem, KvRequest, KvResponse, Lift, Lower, Request, Ticket};
use belljar_policy::{KvAction, Policy, Query, beginning, escape, replacing};

use super::content_alone;
use super::form::{Act, Answered, Ask, Capability, Filter, Judge, Judged, Kind, part_fits};
use crate::edit::{Edit, Part};
use crate::effects::Quota;
use crate::limits;
use crate::permit::{KvAct, Permit};
use crate::terms::Terms;

pub(super) const KIND: Kind = Kind {
    name: "kv",
    most: limits::TRANSFER + limits::BESIDE,
    text: limits::TEXT,
    lift: |values, memory| match Lift::lift_flat(values, memory)? {
        // The last two cases have functions of their own.
        KvRequest::Replace(_) => Err(Fault::Discriminant { value: 4, cases: 4 }),
        KvRequest::Page(_) => Err(Fault::Discriminant { value: 5, cases: 4 }),
        request => Ok(Request::Kv(request)),
    },
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
            KvRequest::Replace(change) => replacing(done(change), &change.key),
            KvRequest::Page(range) => format!("list {}", beginning(&range.prefix)),
        }
    }

    fn payload(&self) -> Option<&[u8]> {
        match self {
            KvRequest::Set(item) => Some(&item.value),
            KvRequest::Replace(change) => change.value.as_deref(),
            _ => None,
        }
    }

    fn carries(&self) -> usize {
        let expected = match self {
            KvRequest::Replace(KvChange { expected: Some(expected), .. }) => expected.len(),
            _ => 0,
        };
        self.payload().map_or(0, <[u8]>::len).saturating_add(expected)
    }

    fn part(&self) -> Option<u32> {
        match self {
            KvRequest::Page(range) => Some(range.most),
            _ => None,
        }
    }

    fn acts(&self) -> bool {
        !matches!(self, KvRequest::Get(_) | KvRequest::List(_) | KvRequest::Page(_))
    }

    fn irreversible(&self) -> Option<&'static str> {
        match self {
            KvRequest::Get(_) | KvRequest::List(_) | KvRequest::Page(_) => None,
            KvRequest::Set(_) => Some("What the key holds now, if it holds anything, is replaced."),
            KvRequest::Delete(_) => Some("What the key holds is gone then."),
            // Where nothing is there, nothing is lost.
            KvRequest::Replace(KvChange { expected: None, .. }) => None,
            KvRequest::Replace(KvChange { value: None, .. }) => {
                Some("What the key holds is gone then, if it is what the tool expects.")
            }
            KvRequest::Replace(_) => Some("What the key holds now is replaced, if it is what the tool expects."),
        }
    }

    fn editable(&self) -> &'static [Part] {
        match self {
            KvRequest::Set(_) | KvRequest::Replace(KvChange { value: Some(_), .. }) => &[Part::Content],
            _ => &[],
        }
    }
}

/// What it means to a policy.
fn query(request: &KvRequest) -> Query<'_> {
    match request {
        KvRequest::Get(key) => Query::Kv { action: KvAction::Get, key },
        KvRequest::Set(item) => Query::Kv { action: KvAction::Set, key: &item.key },
        KvRequest::Delete(key) => Query::Kv { action: KvAction::Delete, key },
        KvRequest::List(prefix) => Query::Keys { prefix },
        KvRequest::Replace(change) => Query::Replace { action: done(change), key: &change.key },
        KvRequest::Page(range) => Query::Keys { prefix: &range.prefix },
    }
}

/// What is done with a key that holds what is expected.
fn done(change: &KvChange) -> KvAction {
    if change.value.is_some() { KvAction::Set } else { KvAction::Delete }
}

impl Judge for KvRequest {
    fn canonicalize(&mut self) -> Result<(), String> {
        match self {
            KvRequest::List(prefix) => key_fits(prefix, true),
            KvRequest::Get(key) | KvRequest::Delete(key) => key_fits(key, false),
            KvRequest::Set(item) => key_fits(&item.key, false),
            KvRequest::Replace(change) => key_fits(&change.key, false),
            KvRequest::Page(range) => {
                key_fits(&range.prefix, true)?;
                key_fits(&range.after, true)?;
                part_fits(range.most, limits::KV_KEYS)
            }
        }
    }

    fn judge(&self, ticket: Ticket, terms: &Arc<Terms>) -> Result<Judged, Failure> {
        let limits = &terms.policy().limits;
        let quota = Quota { bytes: limits.kv_bytes, keys: limits.kv_keys };
        let act = Act::Kv(Permit::new(ticket, KvAct { request: self.clone(), quota }));
        Ok(Judged::ByRules(Box::new(terms.policy().decide(&query(self))), Some(act)))
    }

    fn edited(&self, edit: &Edit) -> Result<Self, String> {
        let value = || content_alone(self, edit).map(<[u8]>::to_vec);
        match self {
            KvRequest::Set(item) => Ok(KvRequest::Set(KvItem { key: item.key.clone(), value: value()? })),
            KvRequest::Replace(change @ KvChange { value: Some(_), .. }) => {
                Ok(KvRequest::Replace(KvChange { value: Some(value()?), ..change.clone() }))
            }
            _ => Err("it carries nothing that can be changed".into()),
        }
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
            KvResponse::Done(()) | KvResponse::Replaced(_) => 0,
            KvResponse::Keys(keys) => keys.iter().map(|key| key.len() as u64).sum(),
        }
    }
}

impl Filter for KvResponse {
    /// A list has the keys that the tool may read. A part of one is full, or there are no more.
    fn filter(self, part: Option<u32>, may: &dyn Fn(&Query<'_>) -> bool) -> Result<Self, Failure> {
        let KvResponse::Keys(mut keys) = self else { return Ok(self) };
        let looked_at = keys.len();
        keys.retain(|key| may(&Query::Kv { action: KvAction::List, key }));
        match part {
            None if keys.len() > limits::KV_KEYS => Err(limits::kv_too_many(limits::KV_KEYS)),
            None => Ok(KvResponse::Keys(keys)),
            Some(most) if keys.len() < most as usize && looked_at > limits::KV_LOOKED_AT => {
                Err(limits::kv_too_hidden())
            }
            Some(most) => {
                keys.truncate(most as usize);
                Ok(KvResponse::Keys(keys))
            }
        }
    }
}
