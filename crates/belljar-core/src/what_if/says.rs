//! What a policy says of a request as far as a log has it.

use std::borrow::Cow;
use std::sync::Arc;

use belljar_abi::{Denial, Failure, HttpResponse, Request, Response, Ticket};
use belljar_policy::{Decision, Effect, Policy, SecretPlace, Url};

use crate::capability::{Judge, Judged};
use crate::terms::Terms;

/// What rules say of a request.
pub(super) enum Said {
    Rules(Box<Decision>),
    Person(String),
    Same,
    Unknown(&'static str),
}

/// What terms say of a request; `whole` is whether all of it is known that rules look at.
pub(super) fn decided(request: &Request, whole: bool, ticket: Ticket, terms: &Arc<Terms>) -> Said {
    if let (Request::Http(http), false) = (request, whole) {
        let Ok(url) = Url::parse(&http.url) else { return Said::Unknown("the log has not all of its words") };
        return match terms.policy().decide_target(&http.method, &url) {
            Some(decision) => Said::Rules(Box::new(decision)),
            None => Said::Unknown("rules look at its header fields, and a log has none"),
        };
    }
    match request.judge(ticket, terms) {
        Ok(Judged::ByPerson(rule)) => Said::Person(rule.to_owned()),
        Ok(Judged::ByRules(decision, None)) if decision.effect != Effect::Deny => {
            let rule = format!("{} allows it, but no folder that holds it is granted", decision.rule);
            Said::Rules(Box::new(Decision::plain(Effect::Deny, rule)))
        }
        Ok(Judged::ByRules(decision, _)) => Said::Rules(decision),
        Err(_) => Said::Same,
    }
}

/// Whether a secret would go into the request's body and did not then: whether there is room for it is not known.
pub(super) fn body_secret(policy: &Policy, request: &Request, carried: &[Cow<'_, str>]) -> bool {
    let Request::Http(http) = request else { return false };
    let Ok(url) = Url::parse(&http.url) else { return false };
    let carried = |name: &str| carried.iter().any(|secret| secret == name);
    let secrets = policy.secrets_for(&url);
    secrets.iter().any(|secret| matches!(secret.place, SecretPlace::Body { .. }) && !carried(&secret.name))
}

/// A result of that word, of which nothing else is known.
pub(super) fn stand_in(result: &str) -> Result<Response, Failure> {
    let text = String::new();
    Err(match result {
        "ok" => {
            let response = HttpResponse { status: 200, url: text, headers: Vec::new(), body: Vec::new() };
            return Ok(Response::Http(response));
        }
        "denied" => Failure::Denied(nothing()),
        "invalid" => Failure::Invalid(text),
        "not-found" => Failure::NotFound(text),
        _ => Failure::Other(text),
    })
}

/// A refusal of which nothing is known.
fn nothing() -> Denial {
    Denial { capability: String::new(), request: String::new(), rule: String::new() }
}
