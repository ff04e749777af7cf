//! The one JSON form in which programs meet reports, questions and answers: of the command line (`--format json`), of the
//! page, and of a server. Names of members are in camelCase, words of enumerations in kebab-case, hashes in hexadecimal;
//! a member without a value is left out.
//!
//! [`Refusal`], [`Usage`], [`Outcome`] and [`Divergence`] have that form themselves, and so has an entry of the log
//! ([`crate::entry`]). `docs/wire.md` shows them, and `web/src/wire.ts` has them as types of TypeScript, which
//! `cargo xtask types` makes from what stands here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use belljar_abi::{Header, Moment, Ticket};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::answerer::Answerer;
use crate::clock::{format_moment, parse_moment};
use crate::contract::hex;
use crate::edit::{Edit, Part};
use crate::entry::Usage;
use crate::json::Unambiguous;
use crate::outcome::{self, Outcome, Refusal};
use crate::question::{self, Scope};
use crate::sink::Divergence;

#[cfg(test)]
pub(crate) mod typescript;

/// How a run ended. `Output` is the form that a host gives the output: JSON itself where the report is a text, the text of
/// JSON where it is a value of JavaScript, whose numbers are not those of JSON.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Report<'a, Output> {
    /// How it ended.
    pub outcome: Outcome,
    /// The exit code of `belljar run`.
    pub exit_code: u8,
    /// What the tool returned, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Output>,
    /// What a person should know; empty if it returned.
    pub message: &'a str,
    /// The word that the tool gave with a failure of its own.
    pub code: &'a str,
    /// The tool's own call stack, a frame a line.
    pub stack: &'a str,
    /// The budget that ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<&'a str>,
    /// The first requests that were refused, each once, whatever the tool did then.
    pub refusals: &'a [Refusal],
    /// The first requests that a person changed and approved so; left out if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited: Option<&'a [outcome::Edited]>,
    /// Files that the tool made.
    pub artifacts: Vec<Artifact<'a>>,
    /// How many questions people were asked.
    pub questions: u64,
    /// What it used.
    pub usage: Usage,
    /// What identifies its log.
    pub log: LogHead,
    /// In a replay: the first entry that is not the recorded one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub divergence: Option<&'a Divergence>,
}

impl<'a, Output> Report<'a, Output> {
    /// The report, with its output in the host's form.
    pub fn new(report: &'a outcome::Report, output: Option<Output>) -> Self {
        Report {
            outcome: report.outcome,
            exit_code: report.outcome.exit_code(),
            output,
            message: &report.message,
            code: &report.code,
            stack: &report.stack,
            budget: report.budget.as_deref(),
            refusals: &report.refusals,
            edited: (!report.edited.is_empty()).then_some(&report.edited),
            artifacts: report.artifacts.iter().map(Artifact::from).collect(),
            questions: report.questions,
            usage: report.usage,
            log: LogHead { entries: report.log_entries, head: hex(&report.log_head) },
            divergence: report.divergence.as_deref(),
        }
    }
}

/// A file that the tool made. Its content is not in it: each host has a way of its own to hand it over.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Artifact<'a> {
    /// A plain file name.
    pub name: &'a str,
    /// Such as `image/svg+xml`; the tool's claim.
    pub media_type: &'a str,
    /// Its bytes.
    pub size: u64,
}

impl<'a> From<&'a outcome::Artifact> for Artifact<'a> {
    fn from(artifact: &'a outcome::Artifact) -> Self {
        Artifact { name: &artifact.name, media_type: &artifact.media_type, size: artifact.bytes.len() as u64 }
    }
}

/// What identifies a log.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LogHead {
    /// How many entries it has.
    pub entries: u64,
    /// SHA-256 of its last line.
    pub head: String,
}

/// What a person is asked. All texts but the rule are the tool's: they are shown as text.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Question<'a> {
    /// Which run asks.
    pub run: String,
    /// The request's ticket in that run.
    pub ticket: Ticket,
    /// Binds the answer to exactly this request at this point of the run.
    pub digest: String,
    /// The tool's name: its own claim.
    pub tool: &'a str,
    /// The tool's identity.
    pub identity: String,
    /// The names of the tools that called it, the first one first; nothing if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callers: Option<&'a [String]>,
    /// Of a call of another tool: that tool's identity, and the digest of its own policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<[String; 2]>,
    /// The capability.
    pub capability: &'static str,
    /// What is asked for, in the words of a rule.
    pub request: &'a str,
    /// The names and values of the header fields that it carries, in turn.
    pub headers: Vec<&'a str>,
    /// The names of the secrets that the host puts into it.
    pub secrets: &'a [String],
    /// The most that it can cost, such as "0.002 USD", if money is bounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<&'a str>,
    /// How many bytes the request carries.
    pub payload: u64,
    /// What is lost for good if it is performed, in a sentence; Belljar's words. Left out if that is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub irreversible: Option<&'a str>,
    /// What was read before of which something may be in the request, such as "files" and "answers of a.example"; Belljar's words.
    /// Left out if that is nothing, or nothing is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<&'a [String]>,
    /// The weakest answer that is a yes: "client", "command" or "inbox".
    pub least: &'static str,
    /// Whom a yes is taken from, in a sentence; Belljar's words, but for the name in it. Left out if from anybody to whom the request is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wants: Option<String>,
    /// Whether a yes is taken only from somebody who is known and did not start the run; left out if not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub four_eyes: Option<bool>,
    /// The rule that asks, and all that a yes or a no to a rule is to.
    pub rule: &'a str,
    /// The narrowest rule about this request, for a person who wants to save it; content, and of HTTP also parameters and header fields, it leaves open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<&'a str>,
    /// What that rule leaves open; it is for this request alone if this is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_open: Option<&'static str>,
    /// When it is withdrawn if nobody answers, as RFC 3339; never if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Whether a yes to the rule can hold until a moment: the run's clock moves.
    pub timed: bool,
    /// What of the request can be changed before it is approved; left out if nothing can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub editable: Option<&'static [Part]>,
    /// Why a changed request was not taken, if this is why the question is put again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<&'a str>,
    /// What the tool itself asks a person, if that is what it is about; it is answered with a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<&'a str>,
    /// The answers to choose from; none for free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choices: Option<&'a [String]>,
}

impl<'a> From<&'a question::Question> for Question<'a> {
    fn from(question: &'a question::Question) -> Self {
        let human = question.human.as_ref();
        Question {
            run: question.id.run.to_string(),
            ticket: question.id.ticket,
            digest: hex(&question.id.digest),
            tool: &question.tool,
            identity: hex(&question.identity),
            callers: (!question.callers.is_empty()).then_some(&question.callers),
            calls: question.calls.map(|question::CalledTool { identity, policy }| [hex(&identity), hex(&policy)]),
            capability: question.capability.name(),
            request: &question.request,
            headers: question.headers.iter().flat_map(|field| [field.name.as_str(), field.value.as_str()]).collect(),
            secrets: &question.secrets,
            cost: question.cost.as_deref(),
            payload: question.payload,
            irreversible: question.irreversible,
            read: (!question.read.is_empty()).then_some(&question.read),
            least: question.approver.least.name(),
            wants: question.approver.wants(),
            four_eyes: question.approver.not.is_some().then_some(true),
            rule: &question.rule,
            exact: question.exact.as_deref(),
            left_open: question.left_open(),
            expires: question.expires.map(format_moment),
            timed: question.is_timed,
            editable: Some(question.editable()).filter(|parts| !parts.is_empty()),
            problem: question.problem.as_deref(),
            question: human.map(|human| human.question.as_str()),
            choices: human.map(|human| human.choices.as_slice()),
        }
    }
}

/// An answer to a question. Who gave it is not in it: the host knows that, and nobody can claim it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Unambiguous")]
#[cfg_attr(test, derive(ts_rs::TS), ts(tag = "answer", rename_all = "kebab-case"))]
pub enum Answer {
    /// Yes.
    Yes {
        /// To how much.
        scope: Scope,
        /// When a yes to a rule ends, by the run's clock, as RFC 3339; with the run if it is left out.
        #[cfg_attr(test, ts(optional, type = "string"))]
        expires: Option<Moment>,
    },
    /// Yes, to the request as it was changed.
    Edited {
        /// The changed request.
        request: Changed,
    },
    /// No.
    No {
        /// To how much; this request if it is left out.
        #[cfg_attr(test, ts(optional))]
        scope: Option<Scope>,
        /// Why, in one line for the tool.
        #[cfg_attr(test, ts(optional))]
        why: Option<String>,
    },
    /// What a person says to the tool's own question.
    Said {
        /// The answer.
        text: String,
    },
    /// Nobody could be asked.
    Nobody {
        /// Why.
        why: String,
    },
}

/// A request as a person changed it, whole: what is left out is not in it. Who changes nothing of a part says it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Unambiguous")]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Changed {
    /// What is asked for, in the words of a rule, as in the question: of an HTTP request its method and its URL.
    pub request: String,
    /// Names and values of its header fields in turn; none if it is left out.
    pub headers: Option<Vec<String>>,
    /// What it carries, if that is text.
    pub text: Option<String>,
    /// What it carries, in base64 (RFC 4648, with padding), if that is no text.
    pub base64: Option<String>,
}

impl Changed {
    /// A changed request in this form.
    pub fn of(edit: &Edit) -> Self {
        let headers =
            edit.headers.iter().flat_map(|field| [field.name.clone(), field.value.clone()]).collect::<Vec<_>>();
        let text = edit.content.as_deref().map(std::str::from_utf8);
        Changed {
            request: edit.what.clone(),
            headers: Some(headers).filter(|headers| !headers.is_empty()),
            text: text.and_then(Result::ok).map(str::to_owned),
            base64: edit
                .content
                .as_ref()
                .filter(|_| text.is_some_and(|text| text.is_err()))
                .map(|bytes| STANDARD.encode(bytes)),
        }
    }

    /// Reads it strictly.
    fn read(value: &Value) -> Result<Self, NoAnswer> {
        const FORM: NoAnswer = NoAnswer(
            "a changed \"request\" has its own \"request\", and it may have \"headers\", names and values in turn, and \"text\" or \"base64\"",
        );
        let text = |name: &str| value.get(name).map(|value| value.as_str().map(str::to_owned).ok_or(FORM)).transpose();
        let headers = value.get("headers").map(|list| {
            let list = list.as_array().filter(|list| list.len() % 2 == 0).ok_or(FORM)?;
            list.iter().map(|item| item.as_str().map(str::to_owned).ok_or(FORM)).collect::<Result<Vec<_>, _>>()
        });
        let headers = headers.transpose()?;
        let changed =
            Changed { request: text("request")?.ok_or(FORM)?, headers, text: text("text")?, base64: text("base64")? };
        let members = 1
            + usize::from(changed.headers.is_some())
            + usize::from(changed.text.is_some())
            + usize::from(changed.base64.is_some());
        let both = changed.text.is_some() && changed.base64.is_some();
        let decodes = changed.base64.as_ref().is_none_or(|text| STANDARD.decode(text).is_ok());
        let whole = value.as_object().is_some_and(|object| object.len() == members);
        if whole && !both && decodes { Ok(changed) } else { Err(FORM) }
    }

    /// What it says.
    pub fn edit(self) -> Edit {
        let base64 = self.base64.and_then(|text| STANDARD.decode(text).ok());
        let mut fields = self.headers.unwrap_or_default().into_iter();
        let mut headers = Vec::new();
        while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
            headers.push(Header { name, value });
        }
        Edit { what: self.request, headers, content: self.text.map(String::into_bytes).or(base64) }
    }
}

/// Reads it strictly: what is missing, or does not belong there, is an error.
impl TryFrom<Unambiguous> for Changed {
    type Error = NoAnswer;

    fn try_from(Unambiguous(value): Unambiguous) -> Result<Self, NoAnswer> {
        Changed::read(&value)
    }
}

/// Why something is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct NoAnswer(&'static str);

/// Reads it strictly. By hand, because what serde derives would be 20 kB of a page's module.
impl TryFrom<Unambiguous> for Answer {
    type Error = NoAnswer;

    fn try_from(Unambiguous(value): Unambiguous) -> Result<Self, NoAnswer> {
        let text = |name: &str| value[name].as_str();
        let (answer, members) = match (text("answer"), text("scope")) {
            (Some("yes"), Some("request")) => (Answer::Yes { scope: Scope::Request, expires: None }, 2),
            (Some("yes"), Some("rule")) => {
                let expires = text("expires").and_then(parse_moment);
                (Answer::Yes { scope: Scope::Rule, expires }, if expires.is_some() { 3 } else { 2 })
            }
            (Some("edited"), _) => (Answer::Edited { request: Changed::read(&value["request"])? }, 2),
            (Some("yes"), _) => return Err(NoAnswer("a yes has a \"scope\", \"request\" or \"rule\"")),
            (Some("no"), scope) => {
                let scope = scope.and_then(word);
                let why = text("why").map(str::to_owned);
                let members = 1 + usize::from(scope.is_some()) + usize::from(why.is_some());
                (Answer::No { scope, why }, members)
            }
            (Some("said"), _) => (Answer::Said { text: text("text").unwrap_or_default().to_owned() }, 2),
            (Some("nobody"), _) => (Answer::Nobody { why: text("why").unwrap_or_default().to_owned() }, 2),
            _ => {
                return Err(NoAnswer("its \"answer\" is not one of \"yes\", \"edited\", \"no\", \"said\", \"nobody\""));
            }
        };
        // What is missing, is something else than it should be, or does not belong there.
        let whole = value.as_object().is_some_and(|object| object.len() == members)
            && match &answer {
                Answer::Said { .. } => text("text").is_some(),
                Answer::Nobody { .. } => text("why").is_some(),
                Answer::Yes { .. } | Answer::No { .. } | Answer::Edited { .. } => true,
            };
        if whole { Ok(answer) } else { Err(NoAnswer("its members are not those of its kind (docs/wire.md)")) }
    }
}

/// What a scope's word says.
fn word(text: &str) -> Option<Scope> {
    match text {
        "request" => Some(Scope::Request),
        "rule" => Some(Scope::Rule),
        _ => None,
    }
}

impl Answer {
    /// The answer as `who` gave it.
    pub fn by(self, who: Answerer) -> question::Answer {
        match self {
            Answer::Yes { scope: Scope::Request, .. } => question::Answer::Once { who },
            Answer::Yes { scope: Scope::Rule, expires } => question::Answer::Rule { who, expires },
            Answer::Edited { request } => question::Answer::Edited { who, edit: request.edit() },
            Answer::No { scope, why } => question::Answer::No { who, scope: scope.unwrap_or(Scope::Request), why },
            Answer::Said { text } => question::Answer::Said { who, text },
            Answer::Nobody { why } => question::Answer::Nobody { why },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Stop;

    #[test]
    fn a_report_has_its_members_in_camel_case_and_leaves_out_what_is_not_there() {
        let mut report = outcome::Report::unstarted(&Stop::Cancelled);
        let plain = serde_json::to_string(&Report::<&str>::new(&report, None)).unwrap();
        let head = "0".repeat(64);
        let usage = r#"{"artifacts":0,"calls":0,"console":0,"consoleDropped":0,"fuel":0,"output":0,"pages":0}"#;
        let rest = format!(r#""questions":0,"usage":{usage},"log":{{"entries":0,"head":"{head}"}}"#);
        let before = r#"{"outcome":"host-failed","exitCode":1"#;
        let said = r#""message":"the run was cancelled","code":"","stack":"""#;
        assert_eq!(plain, format!(r#"{before},{said},"refusals":[],"artifacts":[],{rest}}}"#));

        report.budget = Some("fuel".into());
        report.artifacts =
            vec![outcome::Artifact { name: "a.txt".into(), media_type: "text/plain".into(), bytes: vec![1, 2] }];
        report.refusals = vec![Refusal {
            capability: "kv".into(),
            request: "get a".into(),
            rule: "none".into(),
            grant: Some("kv get a".into()),
        }];
        report.divergence =
            Some(Box::new(Divergence { run: String::new(), entry: 2, recorded: "{}".into(), now: "x".into() }));
        let whole = serde_json::to_value(Report::new(&report, Some("1"))).unwrap();
        assert_eq!((&whole["output"], &whole["budget"]), (&"1".into(), &"fuel".into()));
        let artifact = serde_json::json!({"name": "a.txt", "mediaType": "text/plain", "size": 2});
        assert_eq!(whole["artifacts"][0], artifact);
        assert_eq!(whole["refusals"][0]["grant"], "kv get a");
        assert_eq!(whole["divergence"], serde_json::json!({"entry": 2, "recorded": "{}", "now": "x"}));
    }

    /// The log and reports have one word for each outcome.
    #[test]
    fn outcomes_have_the_names_of_the_log() {
        for outcome in [
            Outcome::Returned,
            Outcome::Failed,
            Outcome::Crashed,
            Outcome::Denied,
            Outcome::Exhausted,
            Outcome::TimedOut,
            Outcome::Cancelled,
            Outcome::Suspended,
            Outcome::HostFailed,
        ] {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
        }
    }

    #[test]
    fn answers_are_read_strictly_and_who_gave_them_is_said_by_the_host() {
        let who = || Answerer::inbox("Ann");
        let read = |text: &str| serde_json::from_str::<Answer>(text).map(|answer| answer.by(who()));
        for (text, answer) in [
            (r#"{"answer":"yes","scope":"request"}"#, question::Answer::Once { who: who() }),
            (r#"{"answer":"yes","scope":"rule"}"#, question::Answer::Rule { who: who(), expires: None }),
            (
                r#"{"answer":"yes","scope":"rule","expires":"1970-01-01T00:00:01.500Z"}"#,
                question::Answer::Rule { who: who(), expires: Some(1_500_000_000) },
            ),
            (r#"{"answer":"no"}"#, question::Answer::No { who: who(), scope: Scope::Request, why: None }),
            (
                r#"{"answer":"no","scope":"rule","why":"not today"}"#,
                question::Answer::No { who: who(), scope: Scope::Rule, why: Some("not today".into()) },
            ),
            (r#"{"answer":"said","text":"a"}"#, question::Answer::Said { who: who(), text: "a".into() }),
            (r#"{"answer":"nobody","why":"away"}"#, question::Answer::Nobody { why: "away".into() }),
        ] {
            assert_eq!(read(text).unwrap(), answer);
        }
        for text in [
            r#"{"answer":"yes"}"#,
            r#"{"answer":"yes","scope":"once"}"#,
            r#"{"answer":"yes","scope":"request","expires":"2026-01-31T12:00:00Z"}"#,
            r#"{"answer":"yes","scope":"rule","expires":"tomorrow"}"#,
            r#"{"answer":"yes","scope":"rule","expires":5}"#,
            r#"{"answer":"yes","scope":"rule","who":"somebody else"}"#,
            r#"{"answer":"no","text":"really"}"#,
            r#"{"answer":"no","scope":"all"}"#,
            r#"{"answer":"no","why":1}"#,
            r#"{"answer":"maybe"}"#,
            r#""yes""#,
            r#"{"answer":"no","answer":"yes","scope":"request"}"#,
            r#"{"answer":"edited","request":{"request":"set a","text":"1","text":"2"}}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
