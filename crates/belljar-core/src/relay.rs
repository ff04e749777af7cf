//! A relay: one hop of an HTTP request that a page has judged is judged again on a server, and performed there.
//!
//! The page stays the one that judges a run: it logs, asks, counts and follows redirects. A relay performs one hop for each
//! message and hands the answer back as it is, redirects included. It believes the page nothing that gives something: the hop
//! is judged anew under the policies that the page sends and under a policy of its own, the *ceiling*, and the strictest holds.
//!
//! Both ends are here: [`send`] spends a page's permit, [`judge`] makes the relay's, [`perform`] spends that one.
//!
//! ```
//! use belljar_core::relay;
//! use belljar_policy::Policy;
//!
//! let policy = Policy::parse("version = 1\n[http]\nallow = ['GET https://a.example/**']\n")?;
//! let ceiling = relay::ceiling(policy).map_err(|unsupported| unsupported.to_string())?;
//! assert!(relay::judge(b"no message", &ceiling).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use belljar_abi::cell::{pack, unpack};
use belljar_abi::{Denial, Failure, Header, HttpRequest, Request, Response};
use belljar_policy::{Decision, Effect, Finding, Policy, Secret, Supported, Url};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::capability::{Act, Ask as _, Judge as _, Judged};
use crate::effects::{self, Http};
use crate::limits;
use crate::permit::{HttpAct, Permit, Receipt};
use crate::secret::Secrets;
use crate::terms::{SUPPORTED, Terms};

/// Bytes of a message, at most: those of a request, and of what stands before it ([`HEAD`]).
pub const MESSAGE: u64 = limits::TRANSFER + limits::BESIDE + HEAD as u64;

/// Bytes of the policies, secrets and limits that go with a request (1 MiB).
pub const HEAD: usize = 1 << 20;

/// Policies of one message, at most: those of a called tool and of all that called it.
const POLICIES: usize = 2 * (limits::CALL_DEPTH + 1);

/// What a relay's own policy may say. A relay counts no money: that is the page's account.
const CEILING: Supported = Supported { spend: false, ..SUPPORTED };

/// What stands behind a rule of the relay's own policy in a refusal.
const THERE: &str = ", by the policy of the server that relays requests";

/// What carries a message to a relay, and brings its answer back.
pub trait Carry {
    /// Hands over the message. More than `most` bytes of an answer are not loaded, but a failure.
    fn carry(&self, message: &[u8], most: u64) -> impl Future<Output = Result<Vec<u8>, Failure>>;
}

/// What goes with a request.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Head<'a> {
    version: u32,
    /// The page's policies, all of which decide.
    policies: Vec<String>,
    /// Bytes of the answer's body, at most.
    most: u64,
    /// Milliseconds that a run of the page may take.
    time_ms: u64,
    /// The header fields in which the request carries a key.
    keys: Vec<(String, String)>,
    #[serde(borrow)]
    secrets: Vec<Carried<'a>>,
}

/// A secret, with its value.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Carried<'a> {
    name: String,
    #[serde(rename = "for")]
    origin: String,
    #[serde(rename = "in")]
    place: String,
    #[serde(borrow)]
    value: Cow<'a, str>,
}

/// Spends a page's permit through a relay. `policy` is the one that the page has judged under.
///
/// The request goes as it was judged, and the secrets beside it, so that the relay judges the same. They are put in there, and
/// taken out of the answer there and here.
pub async fn send(
    permit: Permit<HttpAct>,
    relay: &impl Carry,
    policy: &Policy,
    secrets: &Secrets,
) -> (Receipt, Result<Response, Failure>) {
    let most = permit.most();
    let (act, receipt) = permit.spend();
    let (what, url, carried) = (act.request.describe(), act.url.to_string(), act.secrets.clone());
    let is_head = act.request.method == "HEAD";
    let message = match message(act, most, policy, secrets) {
        Ok(message) => message,
        Err(failure) => return (receipt, Err(failure)),
    };
    let answer = relay.carry(&message, most.saturating_add(limits::BESIDE)).await;
    let answer = answer.map_err(|failure| named(failure, &what)).and_then(|bytes| {
        let unread = |_| Failure::Other(format!("{what}: the relay answered with what is no answer"));
        unpack::<Result<Response, Failure>>(&bytes).map_err(unread)?
    });
    let answer = match answer {
        Ok(Response::Http(response)) if response.body.len() as u64 <= most => Ok(response),
        Ok(_) => Err(Failure::Other(format!("{what}: the relay answered with what is no answer to it"))),
        Err(failure) => Err(failure),
    };
    (receipt, effects::http::received(answer, &what, url, is_head, &carried, secrets))
}

/// Puts what was asked for before what is said of the way.
fn named(failure: Failure, what: &str) -> Failure {
    match failure {
        Failure::Other(text) => Failure::Other(format!("{what}: {text}")),
        other => other,
    }
}

fn message(act: HttpAct, most: u64, policy: &Policy, secrets: &Secrets) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let too_large = || Failure::Other("the policies and secrets of a request are too large for a relay".into());
    let carried = act.secrets.iter().map(|secret| {
        let value = secrets.value(&secret.name);
        let value = value.ok_or_else(|| Failure::Other(format!("the secret {} is not there", secret.name)))?;
        let (name, origin, place) = (secret.name.clone(), secret.origin.clone(), secret.place.to_string());
        Ok(Carried { name, origin, place, value: value.into() })
    });
    let head = Head {
        version: 1,
        policies: policy.files(),
        most,
        time_ms: u64::try_from(policy.limits.time.as_millis()).unwrap_or(u64::MAX),
        keys: act.key_fields.into_iter().map(|Header { name, value }| (name, value)).collect(),
        secrets: carried.collect::<Result<_, Failure>>()?,
    };
    let head = Zeroizing::new(serde_json::to_vec(&head).map_err(|_| too_large())?);
    let size = u32::try_from(head.len()).ok().filter(|_| head.len() <= HEAD).ok_or_else(too_large)?;
    let request = pack(&Request::Http(*act.request)).map_err(|fault| Failure::Other(fault.to_string()))?;
    let mut message = Zeroizing::new(Vec::with_capacity(4 + head.len() + request.len()));
    message.extend_from_slice(&size.to_le_bytes());
    message.extend_from_slice(&head);
    message.extend_from_slice(&request);
    Ok(message)
}

/// A hop that a relay may perform.
#[derive(Debug)]
#[must_use = "a hop that is not performed is not answered"]
pub struct Hop {
    permit: Permit<HttpAct>,
    secrets: Secrets,
    what: String,
    time: Duration,
    /// The ceiling lets the answer have fewer bytes than the page does.
    is_capped: bool,
}

impl Hop {
    /// How long it may take, by the limits of all its policies.
    pub fn time(&self) -> Duration {
        self.time
    }

    /// The failure of one that takes longer.
    pub fn late(&self) -> Failure {
        Failure::TimedOut(format!("{}: the relay gives it {:?}", self.what, self.time))
    }
}

/// A policy as the ceiling of a relay.
///
/// # Errors
///
/// What it says that a relay does not do.
pub fn ceiling(policy: Policy) -> Result<Arc<Terms>, Finding> {
    match policy.unsupported(&CEILING).into_iter().next() {
        Some(finding) => Err(finding),
        None => Ok(Arc::new(Terms::from(policy))),
    }
}

/// Judges what a page sends to a relay, under the page's policies and under the ceiling.
///
/// What the page's policies ask about counts as allowed: the page says that its person was asked, and its policies are its
/// word, too. What the ceiling asks about is refused: nobody is here to be asked, and a page's word does not stand for a person.
///
/// # Errors
///
/// The refusal, or what is wrong with the message, for the tool.
pub fn judge(message: &[u8], ceiling: &Arc<Terms>) -> Result<Hop, Failure> {
    let (head, request) = read(message)?;
    let what = request.describe();
    let denied = |rule: String| Failure::Denied(Denial { capability: "http".into(), request: what.clone(), rule });
    // The page's own.
    let mut named = true;
    let mut url = None;
    let mut demanded = Vec::new();
    for text in &head.policies {
        let policy = Policy::parse(text).map_err(|_| Failure::Invalid("a policy of the page cannot be read".into()))?;
        let (decision, act) = decide(&request, &Arc::new(Terms::from(policy)))?;
        if decision.effect == Effect::Deny || decision.answer.is_some() {
            return Err(denied(format!("{}, by the page's policy as the relay reads it", decision.rule)));
        }
        named &= act.named;
        demanded.extend(act.keys.iter().map(ToString::to_string));
        url = Some(act.url);
    }
    let Some(url) = url else { return Err(Failure::Invalid("no policy of the page decides".into())) };
    if head.keys.iter().any(|(name, _)| !demanded.contains(name)) {
        return Err(Failure::Invalid("it carries a key that no policy of the page sends".into()));
    }
    let (carried, secrets) = secrets_of(head.secrets, &url)?;

    // The ceiling sees what the page adds as what it is, unless it adds the same itself.
    let own = ceiling.policy().secrets_for(&url);
    if let Some(missing) = own.iter().find(|secret| !carried.contains(secret)) {
        return Err(denied(format!("it carries the secret {} and the page's policy has none{THERE}", missing.name)));
    }
    let (first, _) = decide(&request, ceiling)?;
    let adds = |name: &str| first.idempotency_keys.iter().any(|key| **key == *name);
    let mut seen = request.clone();
    seen.headers.extend(head.keys.iter().filter(|(name, _)| !adds(name)).map(field));
    let foreign: Vec<Secret> = carried.iter().filter(|secret| !own.contains(secret)).cloned().collect();
    secrets.put(&foreign, &mut seen, &mut url.clone())?;
    let (decision, act) = decide(&seen, ceiling)?;
    match decision.effect {
        Effect::Deny => return Err(denied(format!("{}{THERE}", decision.rule))),
        Effect::Ask => {
            let rule = decision.rule;
            return Err(denied(format!("{rule}{THERE}: it asks a person, and nobody is there to be asked")));
        }
        Effect::Allow if decision.answer.is_some() => {
            return Err(denied(format!("{}{THERE}: it gives the answer itself, so nothing is sent", decision.rule)));
        }
        Effect::Allow => {}
    }
    let has_key = |name: &Arc<str>| head.keys.iter().any(|(given, _)| **given == **name);
    if let Some(missing) = act.keys.iter().find(|name| !has_key(name)) {
        return Err(denied(format!(
            "{}{THERE}: it sends a key in {missing}, and the page's policy does not",
            decision.rule
        )));
    }

    let limits = &ceiling.policy().limits;
    let sent = request.body.as_ref().map_or(0, Vec::len) as u64;
    if sent > limits.http_bytes {
        return Err(denied(format!("it sends {sent} bytes, and http-bytes is {}{THERE}", limits.http_bytes)));
    }
    let most = limits.http_bytes.min(limits::TRANSFER);
    let named = named && act.named;
    let (request, key_fields) = (Box::new(request), head.keys.iter().map(field).collect());
    let act = HttpAct { url, named, request, answer: None, secrets: carried, keys: Vec::new(), key_fields };
    let mut permit = Permit::new(0, act);
    permit.limit(head.most.min(most));
    let time = limits.time.min(Duration::from_millis(head.time_ms));
    Ok(Hop { permit, secrets, what, time, is_capped: most < head.most })
}

/// Performs a hop: the bytes of the answer for the page.
pub async fn perform(hop: Hop, http: &impl Http) -> Vec<u8> {
    let Hop { permit, secrets, what, is_capped, .. } = hop;
    let most = permit.most();
    let (_, answer) = effects::http::perform(permit, http, &secrets).await;
    answered(match answer {
        // What it was granted is not used up.
        Err(Failure::TooLarge(_)) if is_capped => Err(Failure::Other(format!(
            "{what}: the answer has more than {most} bytes, which is what is let through{THERE}"
        ))),
        answer => answer,
    })
}

/// The bytes of an answer for the page.
pub fn answered(answer: Result<Response, Failure>) -> Vec<u8> {
    // What does not fit into 4 GiB was bounded before.
    pack(&answer).unwrap_or_default()
}

/// What the rules of a policy say of a request.
fn decide(request: &HttpRequest, terms: &Arc<Terms>) -> Result<(Decision, HttpAct), Failure> {
    match request.judge(0, terms)? {
        Judged::ByRules(decision, Some(Act::Http(permit))) => Ok((*decision, permit.spend().0)),
        _ => Err(Failure::Invalid("it is no HTTP request".into())),
    }
}

/// Takes a message apart. The request is in canonical form.
fn read(message: &[u8]) -> Result<(Head<'_>, HttpRequest), Failure> {
    let invalid = |what: &str| Failure::Invalid(format!("what was sent to the relay is no message: {what}"));
    let (size, rest) = message.split_first_chunk().ok_or_else(|| invalid("it is too short"))?;
    let size = u32::from_le_bytes(*size) as usize;
    let parts = rest.split_at_checked(size).filter(|_| size <= HEAD);
    let (head, packed) = parts.ok_or_else(|| invalid("its head is too long"))?;
    // What the parser says could hold a part of a secret.
    let head: Head<'_> = serde_json::from_slice(head).map_err(|_| invalid("its head cannot be read"))?;
    if head.version != 1 {
        return Err(invalid("it is of another version: reload the page"));
    }
    if head.policies.len() > POLICIES || head.secrets.len() > POLICIES * 16 || head.keys.len() > POLICIES * 16 {
        return Err(invalid("it has too many policies, keys or secrets"));
    }
    let Ok(Request::Http(request)) = unpack::<Request>(packed) else {
        return Err(invalid("its request cannot be read"));
    };
    let mut canonical = request.clone();
    canonical.canonicalize().map_err(|why| invalid(&why))?;
    if canonical != request {
        return Err(invalid("its request is not in canonical form"));
    }
    let payload = request.payload().map_or(0, <[u8]>::len);
    crate::run::judge::fits(&request.describe(), payload)?;
    Ok((head, request))
}

/// The secrets, each for this URL, and their values.
fn secrets_of(given: Vec<Carried<'_>>, url: &Url) -> Result<(Vec<Secret>, Secrets), Failure> {
    let (mut carried, mut values) = (Vec::new(), Secrets::default());
    for Carried { name, origin, place, value } in given {
        let secret = Secret::new(&name, &origin, &place).ok().filter(|secret| secret.is_for(url));
        let secret = secret.ok_or_else(|| Failure::Invalid("it carries a secret that is not for its URL".into()))?;
        values.insert(&name, value.into_owned()).map_err(|fault| Failure::Invalid(fault.to_string()))?;
        carried.push(secret);
    }
    Ok((carried, values))
}

fn field((name, value): &(String, String)) -> Header {
    Header { name: name.clone(), value: value.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::{MemoryHttp, at_once};
    use belljar_abi::{HttpRedirect, HttpResponse};

    const VALUE: &str = "canary/4f1c+9b7e";

    const PAGE: &str = "version = 1\n[[http.rule]]\nallow = '* https://a.example/**'\nidempotency-key = 'x-key'\n\
        [[secret]]\nname = 'token'\nfor = 'https://a.example'\nin = 'query key'\n";

    fn field(name: &str, value: &str) -> Header {
        Header { name: name.into(), value: value.into() }
    }

    fn servers() -> MemoryHttp {
        let mut servers = MemoryHttp::default();
        let headers = vec![field("X-B", VALUE), field("x-a", "1"), field("content-length", "9")];
        let response = HttpResponse { status: 302, url: String::new(), headers, body: VALUE.into() };
        servers.answer("POST https://a.example/x?a=1&key=canary%2F4f1c%2B9b7e", response);
        servers
    }

    fn permit() -> (Permit<HttpAct>, Policy, Secrets) {
        let policy = Policy::parse(PAGE).unwrap();
        let request = HttpRequest {
            method: "POST".into(),
            url: "https://a.example/x?a=1".into(),
            headers: vec![field("content-type", "text/plain")],
            body: Some(b"body".to_vec()),
            redirect: HttpRedirect::Follow,
        };
        let mut act = decide(&request, &Arc::new(Terms::from(policy.clone()))).unwrap().1;
        assert_eq!(act.keys.len(), 1);
        act.key_fields = vec![field("x-key", "7")];
        let mut secrets = Secrets::default();
        secrets.insert("token", VALUE.into()).unwrap();
        (Permit::new(3, act), policy, secrets)
    }

    /// A relay under a policy, and what it was sent.
    struct Near<'a>(&'a MemoryHttp, Arc<Terms>);

    impl Carry for Near<'_> {
        async fn carry(&self, message: &[u8], _: u64) -> Result<Vec<u8>, Failure> {
            match judge(message, &self.1) {
                Ok(hop) => Ok(perform(hop, self.0).await),
                Err(failure) => Ok(answered(Err(failure))),
            }
        }
    }

    fn sent(servers: &MemoryHttp, under: &str) -> Result<Response, Failure> {
        let (permit, policy, secrets) = permit();
        let near = Near(servers, ceiling(Policy::parse(under).unwrap()).unwrap());
        let (receipt, answer) = at_once(Box::pin(send(permit, &near, &policy, &secrets))).unwrap_or_else(|_| panic!());
        assert_eq!(receipt.ticket(), 3);
        answer
    }

    /// What is sent, and what comes back, is the same with a relay and without.
    #[test]
    fn a_relay_changes_nothing() {
        let (direct, relayed) = (servers(), servers());
        let (permit, _, secrets) = permit();
        let act = Box::pin(effects::http::perform(permit, &direct, &secrets));
        let (_, expected) = at_once(act).unwrap_or_else(|_| panic!());
        assert!(expected.is_ok());
        for under in [PAGE, "version = 1\n[http]\nallow = ['POST https://a.example/**']\n"] {
            assert_eq!(sent(&relayed, under), expected, "{under}");
        }
        assert_eq!(relayed.sent(), [direct.sent(), direct.sent()].concat());
        assert!(direct.sent()[0].headers.contains(&field("x-key", "7")));
    }

    #[test]
    fn a_refusal_there_is_one_for_the_tool() {
        let servers = servers();
        let Err(Failure::Denied(denial)) = sent(&servers, "version = 1\n") else { panic!() };
        assert_eq!(denial.request, "POST https://a.example/x?a=1");
        assert_eq!(denial.rule, format!("no rule in [http] allows it{THERE}"));
        assert!(servers.sent().is_empty());
    }
}
