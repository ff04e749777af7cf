//! The entries of a log: each kind has one type, which is written and read here and nowhere else. `docs/log.md` specifies
//! them, and `web/src/wire.ts` has them as types of TypeScript, which are made from what stands here.
//!
//! An entry is a JSON object in the canonical form of RFC 8785. It is canonical by construction: its members are gathered
//! first and written in the order of their names.
//!
//! Version 2 is written. Version 1 is read, too: a member that had another name then says which (`was`).

use std::borrow::Cow;
use std::fmt::Write as _;

use belljar_abi::{Moment, Ticket};
use serde::Serialize;
use serde_json::Value;

use crate::clock::{format_moment, parse_moment};
use crate::contract::parse_hex;
use crate::line;
use crate::run_path::RunPath;
#[cfg(test)]
use crate::wire::typescript;

/// The version of the log's format that is written.
pub const VERSION: u64 = 2;

/// The versions that are verified and shown. Only logs of [`VERSION`] are replayed.
pub const KNOWN: std::ops::RangeInclusive<u64> = 1..=VERSION;

/// Text of an entry.
pub type Text<'a> = Cow<'a, str>;

/// A SHA-256, or another 32 bytes; written as lower-case hexadecimal digits.
pub type Hash = [u8; 32];

/// A moment, written as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At(pub Moment);

/// What a member of an entry can be.
trait Member {
    /// Whether it is written.
    fn is_there(&self) -> bool {
        true
    }

    /// Writes it as JSON.
    fn write(&self, text: &mut String);

    /// Reads it; an absent one is [`Value::Null`].
    fn read(value: &Value) -> Option<Self>
    where
        Self: Sized;

    /// Its type in TypeScript, and whether it may be absent.
    #[cfg(test)]
    fn typescript() -> (&'static str, bool)
    where
        Self: Sized;
}

impl Member for Text<'_> {
    fn write(&self, text: &mut String) {
        line::string(text, self);
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_str().map(|text| Cow::Owned(text.to_owned()))
    }

    #[cfg(test)]
    fn typescript() -> (&'static str, bool) {
        ("string", false)
    }
}

/// Canonical up to 2^53, which every budget is.
impl Member for u64 {
    fn write(&self, text: &mut String) {
        let _ = write!(text, "{self}");
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_u64()
    }

    #[cfg(test)]
    fn typescript() -> (&'static str, bool) {
        ("number", false)
    }
}

impl Member for Ticket {
    fn write(&self, text: &mut String) {
        u64::from(*self).write(text);
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_u64().and_then(|ticket| Ticket::try_from(ticket).ok())
    }

    #[cfg(test)]
    fn typescript() -> (&'static str, bool) {
        ("number", false)
    }
}

impl Member for Hash {
    fn write(&self, text: &mut String) {
        text.push('"');
        line::push_hex(text, self);
        text.push('"');
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_str().and_then(parse_hex)
    }

    #[cfg(test)]
    fn typescript() -> (&'static str, bool) {
        ("string", false)
    }
}

impl Member for At {
    fn write(&self, text: &mut String) {
        line::string(text, &format_moment(self.0));
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_str().and_then(parse_moment).map(At)
    }

    #[cfg(test)]
    fn typescript() -> (&'static str, bool) {
        ("string", false)
    }
}

impl<T: Member> Member for Option<T> {
    fn is_there(&self) -> bool {
        self.is_some()
    }

    fn write(&self, text: &mut String) {
        if let Some(member) = self {
            member.write(text);
        }
    }

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::read(value).map(Some),
        }
    }

    #[cfg(test)]
    fn typescript() -> (&'static str, bool) {
        (T::typescript().0, true)
    }
}

/// Names, in their order; none are not written.
impl Member for Vec<Text<'_>> {
    fn is_there(&self) -> bool {
        !self.is_empty()
    }

    fn write(&self, text: &mut String) {
        for (at, name) in self.iter().enumerate() {
            text.push(if at == 0 { '[' } else { ',' });
            line::string(text, name);
        }
        text.push(']');
    }

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(Vec::new()),
            value => value.as_array()?.iter().map(Text::read).collect(),
        }
    }

    #[cfg(test)]
    fn typescript() -> (&'static str, bool) {
        ("readonly string[]", true)
    }
}

/// Writes an object of members, in the order of their names; what is not there is left out. Names are ASCII, whose order is
/// the one that RFC 8785 asks for.
fn write_members(text: &mut String, members: &mut [(&'static str, &dyn Member)]) {
    members.sort_unstable_by_key(|(name, _)| *name);
    text.push('{');
    let mut first = true;
    for (name, member) in members.iter().filter(|(_, member)| member.is_there()) {
        if !std::mem::take(&mut first) {
            text.push(',');
        }
        text.push('"');
        text.push_str(name);
        text.push_str("\":");
        member.write(text);
    }
    text.push('}');
}

/// A member of an object of JSON, by its name, or by the one that it had in version 1.
fn read_member<T: Member>(object: &Value, name: &str, former: Option<&str>) -> Option<T> {
    let value = match (&object[name], former) {
        (Value::Null, Some(former)) => &object[former],
        (value, _) => value,
    };
    T::read(value)
}

/// The name that a member had in version 1, if it was another one.
macro_rules! former {
    () => {
        None
    };
    ($former:literal) => {
        Some($former)
    };
}

/// Whether a member is left out, in reports as in entries.
fn absent<T: Member>(member: &T) -> bool {
    !member.is_there()
}

/// An object within an entry.
macro_rules! object {
    (
        $(#[doc = $doc:literal])* $name:ident {
            $($(#[doc = $member_doc:literal])* $member:ident $key:literal $(was $former:literal)?: $type:ty,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub struct $name {
            $($(#[doc = $member_doc])* #[serde(rename = $key, skip_serializing_if = "absent")] pub $member: $type,)*
        }

        impl Member for $name {
            fn write(&self, text: &mut String) {
                write_members(text, &mut [$(($key, &self.$member as &dyn Member),)*]);
            }

            fn read(value: &Value) -> Option<Self> {
                Some($name { $($member: read_member(value, $key, former!($($former)?))?,)* })
            }

            #[cfg(test)]
            fn typescript() -> (&'static str, bool) {
                (stringify!($name), false)
            }
        }

        #[cfg(test)]
        impl $name {
            /// Its members by the names that they had in version 1, if these were others.
            pub(crate) const FORMER: &[(Option<&str>, &str)] = &[$((former!($($former)?), $key),)*];
        }
    };
}

object! {
    /// The limits of a run.
    Limits {
        /// Bytes of artifacts.
        artifacts "artifacts": u64,
        /// Requests.
        calls "calls": u64,
        /// Bytes written into granted folders, if they are others than usual.
        files_bytes "filesBytes": Option<u64>,
        /// Weighted instructions.
        fuel "fuel": u64,
        /// Bytes of HTTP, if there are rules for it.
        http_bytes "httpBytes": Option<u64>,
        /// HTTP requests, if there are rules for them.
        http_requests "httpRequests": Option<u64>,
        /// Bytes of keys and values that the tool keeps, if they are others than usual.
        kv_bytes "kvBytes": Option<u64>,
        /// Keys that the tool keeps, if they are others than usual.
        kv_keys "kvKeys": Option<u64>,
        /// Bytes of console text.
        log "log": u64,
        /// Bytes of memory.
        memory "memory": u64,
        /// Bytes of output.
        output "output": u64,
        /// Money, in billionths of a unit of the policy's currency, if it is bounded.
        spend "spend": Option<u64>,
        /// Milliseconds.
        time_ms "timeMs" was "time-ms": u64,
    }
}

object! {
    /// What a run used.
    Usage {
        /// Bytes of artifacts.
        artifacts "artifacts": u64,
        /// Requests.
        calls "calls": u64,
        /// Bytes of console text.
        console "console": u64,
        /// Console lines that were dropped.
        console_dropped "consoleDropped" was "console-dropped": u64,
        /// Bytes written into granted folders, if there were any.
        files_bytes "filesBytes": Option<u64>,
        /// Weighted instructions.
        fuel "fuel": u64,
        /// Bytes of HTTP, both ways, if there were requests.
        http_bytes "httpBytes": Option<u64>,
        /// HTTP requests, each hop of a redirect one, if there were any.
        http_requests "httpRequests": Option<u64>,
        /// Bytes of output.
        output "output": u64,
        /// Memory pages of 64 KiB.
        pages "pages": u64,
        /// What of `spent` may not have been spent, if there is any: of requests that failed after they were sent, and of those
        /// whose results were not handed over.
        possibly_spent "possiblySpent": Option<u64>,
        /// Money, in billionths of a unit of the policy's currency, if it is bounded.
        spent "spent": Option<u64>,
    }
}

/// The kinds of entries: for each the word in `kind`, and its members with their names.
macro_rules! entries {
    ($(
        $(#[doc = $doc:literal])* $kind:ident $word:literal {
            $($(#[doc = $member_doc:literal])* $member:ident $key:literal $(was $former:literal)?: $type:ty,)*
        }
    )*) => {
        /// An entry of a log, without its number and the hash of the one before.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Entry<'a> {
            $($(#[doc = $doc])* $kind { $($(#[doc = $member_doc])* $member: $type,)* },)*
        }

        impl Entry<'_> {
            /// Writes the entry with its number `n` and the hash `prev` of the line before, as one line without its newline. `run`
            /// says which run it is of.
            pub fn write(&self, text: &mut String, run: &RunPath, n: u64, prev: &Hash) {
                let run = (!run.is_first()).then(|| Text::from(run.to_string()));
                match self {
                    $(Entry::$kind { $($member,)* } => {
                        let kind: Text<'_> = Cow::Borrowed($word);
                        write_members(text, &mut [
                            ("kind", &kind as &dyn Member), ("n", &n), ("prev", prev), ("run", &run),
                            $(($key, $member as &dyn Member),)*
                        ]);
                    })*
                }
            }

            /// Reads an entry of a version that is [`KNOWN`].
            ///
            /// Members that this version does not know are passed over: whoever repeats a run compares whole lines.
            pub fn read(value: &Value) -> Option<Entry<'static>> {
                match value["kind"].as_str()? {
                    $($word => Some(Entry::$kind { $($member: read_member(value, $key, former!($($former)?))?,)* }),)*
                    _ => None,
                }
            }
        }

        #[cfg(test)]
        impl<'a> Entry<'a> {
            /// The kinds as declarations of TypeScript.
            pub(crate) fn declarations() -> Vec<typescript::Interface> {
                vec![$(typescript::Interface {
                    name: concat!(stringify!($kind), "Entry"),
                    docs: &[$($doc),*],
                    kind: $word,
                    members: vec![$(typescript::Member {
                        name: $key,
                        former: former!($($former)?),
                        docs: &[$($member_doc),*],
                        type_of: <$type as Member>::typescript(),
                    },)*],
                },)*]
            }
        }
    };
}

entries! {
    /// The run begins.
    Start "start" {
        /// The version of admission.
        admission "admission": u64,
        /// The host's clock.
        at "at": At,
        /// Of a called run: SHA-256 of its caller's entry of the request.
        caller "caller": Option<Hash>,
        /// The tool's clock.
        clock "clock": At,
        /// SHA-256 of the engine's component, if the tool is a program.
        engine "engine": Option<Hash>,
        /// Under which the run's money is held of what the policy gives a day; `spend` of the limits is what was drawn.
        hold "hold": Option<Text<'a>>,
        /// The host's name and version.
        host "host": Text<'a>,
        /// SHA-256 of the input's text.
        input "input": Hash,
        /// The limits.
        limits "limits": Limits,
        /// The digest of the plan that a person approved beforehand, if there is one.
        plan "plan": Option<Hash>,
        /// The policy's digest.
        policy "policy" was "terms": Hash,
        /// Who started it, as an authentication found out; of a called run, who started the first one.
        started_by "startedBy": Option<Text<'a>>,
        /// The name that the tool gives itself.
        tool "tool": Text<'a>,
        /// The tool's identity.
        tool_hash "toolHash" was "tool-hash": Hash,
        /// The version of the log's format.
        version "version": u64,
    }

    /// What the tool's randomness comes from. An entry of its own, so that a log can be handed on without it.
    Seed "seed" {
        /// The seed.
        seed "seed": Hash,
    }

    /// A line of the console.
    Console "console" {
        /// Its level.
        level "level": Text<'a>,
        /// Its text.
        text "text": Text<'a>,
    }

    /// A file for the person.
    Artifact "artifact" {
        /// How many bytes.
        bytes "bytes": u64,
        /// Its media type, as the tool says.
        media_type "mediaType" was "media-type": Text<'a>,
        /// SHA-256 of its content.
        sha256 "sha256": Hash,
        /// Its name.
        what "what": Text<'a>,
    }

    /// The tool asks for something.
    Request "request" {
        /// Bytes that it carries, if it carries any.
        bytes "bytes": Option<u64>,
        /// The capability.
        capability "capability": Text<'a>,
        /// The most that it can cost, in billionths, if money is bounded.
        cost "cost": Option<u64>,
        /// The header fields in which the host sends a key that names the request, if it is performed.
        idempotency_keys "idempotencyKeys": Vec<Text<'a>>,
        /// The rule that decided, or why none did.
        rule "rule": Option<Text<'a>>,
        /// The names of the secrets that the host puts into it, if it is performed.
        secrets "secrets": Vec<Text<'a>>,
        /// SHA-256 of what it carries.
        sha256 "sha256": Option<Hash>,
        /// Its ticket.
        ticket "ticket": Ticket,
        /// `allow`, `ask`, `deny`, `exhausted` or `invalid`.
        verdict "verdict": Text<'a>,
        /// What is asked for, in the words of a rule.
        what "what": Text<'a>,
    }

    /// A person is asked.
    Question "question" {
        /// Of a call of another tool: the digest of that tool's own policy.
        called_policy "calledPolicy": Option<Hash>,
        /// Of a call of another tool: the identity of that tool.
        called_tool "calledTool": Option<Hash>,
        /// Digest of the whole request, [`crate::request_digest`].
        content "content": Option<Hash>,
        /// What an answer is bound to, [`crate::question_digest`].
        digest "digest": Hash,
        /// How many waits had come back empty-handed since the entry before.
        empty "empty": Option<u64>,
        /// When the question is withdrawn if nobody answers, by the host's clock.
        expires "expires": Option<At>,
        /// The weakest answer that approves it, if the policy does not take any: `command` or `inbox`.
        least "least": Option<Text<'a>>,
        /// The request's ticket.
        ticket "ticket": Ticket,
    }

    /// Somebody answered, or nobody did.
    Answer "answer" {
        /// `yes`, `edited`, `no`, `declined` (a program says that its user said no), `said`, `expired` or `nobody`.
        answer "answer": Text<'a>,
        /// How much is known of who answered: `client` or `command`; left out if a person was shown the request by Belljar itself.
        assurance "assurance": Option<Text<'a>>,
        /// The host's clock.
        at "at": At,
        /// Of a changed request: bytes that it carries, if it carries any.
        bytes "bytes": Option<u64>,
        /// Of a changed request: the most that it can cost, in billionths, if money is bounded.
        cost "cost": Option<u64>,
        /// The question's digest.
        digest "digest": Hash,
        /// Of a changed request: its own digest, [`crate::request_digest`].
        edited "edited": Option<Hash>,
        /// How many waits had come back empty-handed since the entry before.
        empty "empty": Option<u64>,
        /// Until when a yes for the rule holds, by the run's clock; to the end of the run if there is none.
        expires "expires": Option<At>,
        /// Of a changed request: the header fields in which the host sends a key that names it.
        idempotency_keys "idempotencyKeys": Vec<Text<'a>>,
        /// Who answered, as an authentication found out, if there was one.
        identity "identity": Option<Text<'a>>,
        /// Of a changed request: the rule that it is under.
        rule "rule": Option<Text<'a>>,
        /// Of a yes: `request`, or `rule` for everything under the same rule in this run. Of a no: `rule`, if it is to that.
        scope "scope": Option<Text<'a>>,
        /// Of a changed request: the names of the secrets that the host puts into it.
        secrets "secrets": Vec<Text<'a>>,
        /// Of a changed request: SHA-256 of what it carries.
        sha256 "sha256": Option<Hash>,
        /// The request's ticket.
        ticket "ticket": Ticket,
        /// Of a changed request: what was approved, in the words of a rule.
        what "what": Option<Text<'a>>,
        /// Who answered.
        who "who" was "by": Option<Text<'a>>,
        /// Why nobody answered; of a no, the person's reason if there is one.
        why "why": Option<Text<'a>>,
    }

    /// A server redirects a request: the next hop, judged as a request of its own.
    Redirect "redirect" {
        /// The most that the next hop can cost, in billionths, if money is bounded.
        cost "cost": Option<u64>,
        /// How many waits had come back empty-handed since the entry before.
        empty "empty": Option<u64>,
        /// The header fields in which the host sends a key that names the request, if it is performed.
        idempotency_keys "idempotencyKeys": Vec<Text<'a>>,
        /// The rule that decided, or why none did.
        rule "rule": Option<Text<'a>>,
        /// The names of the secrets that the host puts into it, if it is performed.
        secrets "secrets": Vec<Text<'a>>,
        /// The status of the server's answer.
        status "status": u64,
        /// The request's ticket.
        ticket "ticket": Ticket,
        /// `allow`, `ask`, `deny` or `exhausted`.
        verdict "verdict": Text<'a>,
        /// What is asked for next, in the words of a rule.
        what "what": Text<'a>,
    }

    /// A result is handed over to the tool that waited for it.
    Result "result" {
        /// The tool's clock.
        at "at": At,
        /// Bytes of the response.
        bytes "bytes": u64,
        /// What the request cost, in billionths, if money is bounded.
        cost "cost": Option<u64>,
        /// How many waits had come back empty-handed since the entry before.
        empty "empty": Option<u64>,
        /// Of a call of another tool that ran: SHA-256 of the last line of that run's log.
        log "log": Option<Hash>,
        /// It failed after it was sent, so that nobody knows whether it was carried out. The number is what of `cost` is not sure for
        /// that reason, and 0 if money is not bounded.
        possibly "possibly": Option<u64>,
        /// `ok`, or what kind of failure.
        result "result": Text<'a>,
        /// SHA-256 of the result in the form of `belljar_abi::cell`.
        sha256 "sha256": Hash,
        /// The request's ticket.
        ticket "ticket": Ticket,
        /// Of a call of another tool that ran: what that run used, which its caller has used, too.
        usage "usage": Option<Usage>,
    }

    /// The time of a wait came.
    Wait "wait" {
        /// The tool's clock.
        at "at": At,
    }

    /// The run ended.
    End "end" {
        /// The host's clock.
        at "at": At,
        /// The budget that was used up.
        budget "budget": Option<Text<'a>>,
        /// Why.
        message "message": Option<Text<'a>>,
        /// The outcome.
        result "result": Text<'a>,
        /// SHA-256 of the output's text, if there is one.
        sha256 "sha256": Option<Hash>,
        /// What it used.
        usage "usage": Usage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_written_by_name_and_read_back() {
        let prev = [1; 32];
        let request = Entry::Request {
            bytes: None,
            capability: "kv".into(),
            cost: None,
            idempotency_keys: Vec::new(),
            rule: Some("a \"rule\"\n".into()),
            secrets: vec!["a".into(), "b\n".into()],
            sha256: Some([2; 32]),
            ticket: 7,
            verdict: "ask".into(),
            what: "get \u{e9}".into(),
        };
        let mut text = String::new();
        request.write(&mut text, &RunPath::default(), 3, &prev);
        let hashes = ["01".repeat(32), "02".repeat(32)];
        let expected = format!(
            r#"{{"capability":"kv","kind":"request","n":3,"prev":"{}","rule":"a \"rule\"\n","secrets":["a","b\n"],"sha256":"{}","ticket":7,"verdict":"ask","what":"get é"}}"#,
            hashes[0], hashes[1]
        );
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str(&text).ok().as_ref().and_then(Entry::read), Some(request));
    }

    #[test]
    fn what_lacks_a_member_or_has_another_kind_of_one_is_no_entry() {
        for text in [
            r#"{"kind":"wait"}"#,
            r#"{"kind":"wait","at":5}"#,
            r#"{"kind":"wait","at":"yesterday"}"#,
            r#"{"kind":"else"}"#,
            r#"{"kind":"seed","seed":"00"}"#,
            "{}",
            "[]",
        ] {
            let value: Value = serde_json::from_str(text).unwrap_or_default();
            assert_eq!(Entry::read(&value), None, "{text}");
        }
    }
}
