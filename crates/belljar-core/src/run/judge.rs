//! What the policy says of a request, and what the host would do.

use belljar_abi::{Failure, KvRequest, Ticket};
use belljar_policy::{Decision, Effect, GuestPath, KvAction, Query, Supported};

use super::Run;
use crate::limits;
use crate::permit::{Act, FilesAct, Guard, Permit};
use crate::request::Request;

impl Run {
    /// The rule that would allow a request.
    pub(super) fn grant(&self, request: &Request) -> Option<String> {
        let policy = &self.terms.policy;
        match request {
            Request::Kv(KvRequest::List(prefix)) => policy.suggest(&Query::Keys { prefix }),
            Request::Kv(KvRequest::Get(key)) => policy.suggest(&Query::Kv { action: KvAction::Get, key }),
            Request::Kv(KvRequest::Delete(key)) => policy.suggest(&Query::Kv { action: KvAction::Delete, key }),
            Request::Kv(KvRequest::Set(item)) => policy.suggest(&Query::Kv { action: KvAction::Set, key: &item.key }),
            Request::Files(files) => {
                let path = GuestPath::parse(crate::files::path(files)).ok()?;
                policy.suggest(&Query::Files { action: crate::files::action(files), path: &path })
            }
            // What this version does not perform, no rule allows.
            Request::Http(_) | Request::Tools(_) | Request::Human(_) => None,
        }
    }

    /// Whether a request is well formed, what the policy says of it, and what the host would do.
    pub(super) fn judge(&self, request: &Request) -> Result<(Decision, Option<Planned>), Failure> {
        let policy = &self.terms.policy;
        if let Some(payload) = request.payload()
            && payload.len() as u64 > limits::TRANSFER
        {
            return Err(Failure::TooLarge(format!(
                "{} bytes are more than the {} that one request carries",
                payload.len(),
                limits::TRANSFER
            )));
        }
        match request {
            Request::Kv(kv) => {
                let query = match kv {
                    KvRequest::Get(key) => Query::Kv { action: KvAction::Get, key },
                    KvRequest::List(prefix) => Query::Keys { prefix },
                    KvRequest::Set(item) => Query::Kv { action: KvAction::Set, key: &item.key },
                    KvRequest::Delete(key) => Query::Kv { action: KvAction::Delete, key },
                };
                Ok((policy.decide(&query), Some(Planned::Kv(kv.clone()))))
            }
            Request::Files(files) => {
                let action = crate::files::action(files);
                let path = GuestPath::parse(crate::files::path(files)).map_err(|e| Failure::Invalid(e.to_string()))?;
                let decision = policy.decide(&Query::Files { action, path: &path });
                let act = policy.resolve(&path).map(|(mount, relative)| {
                    let guard = Guard::new(self.terms.clone(), action, decision.effect);
                    Planned::Files(FilesAct { host: mount.host.clone(), relative, request: files.clone(), guard })
                });
                Ok((decision, act))
            }
            Request::Http(_) => Ok((later("http"), None)),
            Request::Tools(_) => Ok((later("tools"), None)),
            Request::Human(_) => Err(Failure::Invalid("a question to a person is not a matter of rules".into())),
        }
    }
}

/// An act before it is permitted.
pub(super) enum Planned {
    Kv(KvRequest),
    Files(FilesAct),
}

pub(super) fn permit(ticket: Ticket, act: Planned) -> Act {
    match act {
        Planned::Kv(act) => Act::Kv(Permit::new(ticket, act)),
        Planned::Files(act) => Act::Files(Permit::new(ticket, act)),
    }
}

/// What the core has performed for a run; both hosts do what it has them do.
pub const SUPPORTED: Supported = Supported { http: false, secrets: false, spend: false, tools: false };

/// A capability that this version of Belljar knows but does not perform.
pub(super) fn later(capability: &str) -> Decision {
    Decision {
        effect: Effect::Deny,
        rule: format!("this version of Belljar does not perform {capability} requests yet"),
    }
}
