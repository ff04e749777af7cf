//! A plan: what a tool asked for when it was rehearsed. A person approves it once; a run under it may do exactly that without
//! further questions.

use belljar_abi::{Header, Request, Ticket};
use belljar_policy::show_money;
use belljar_text::one_line;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::capability::Ask;
use crate::contract::{hex, parse_hex, sha256};
use crate::limits;
use crate::run_path::RunPath;

#[cfg(doc)]
use crate::request_digest;

/// Requests of a plan, at most (10,000).
const REQUESTS: usize = 10_000;

/// Bytes of its text (16 MiB).
const TEXT: usize = 16 << 20;

/// Bytes of its text that the requests of a rehearsal can take (12 MiB): the rest is for called tools and for what stands around.
const WRITTEN: usize = 12 << 20;

/// The version of its format.
const VERSION: u64 = 2;

/// Why a text is no plan.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("this is no plan of Belljar's: {0}")]
pub struct PlanError(String);

/// One request of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The run that makes it.
    pub run: RunPath,
    /// Its ticket there.
    pub ticket: Ticket,
    /// The capability.
    pub capability: String,
    /// What is asked for, in the words of a rule.
    pub what: String,
    /// The header fields that the tool sends.
    pub headers: Vec<Header>,
    /// The names of the secrets that the host puts into it.
    pub secrets: Vec<String>,
    /// The header fields in which the host puts a key, which is another one in every run.
    pub keys: Vec<String>,
    /// What it carries, if it carries anything.
    pub carries: Option<Carried>,
    /// The digest of the whole request, [`request_digest`].
    pub content: [u8; 32],
    /// The most that it can cost, in billionths, if money is bounded.
    pub cost: Option<u64>,
    /// Whether a rule asks about it.
    pub is_asked: bool,
}

/// What a request carries: a body, a value, the bytes of a file, a called tool's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
    /// They as text, at most [`limits::BEGINNING`] of them; nothing if their beginning is no UTF-8.
    pub text: Option<String>,
}

impl Carried {
    /// What a request carries.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let whole = request.payload().filter(|payload| !payload.is_empty())?;
        let begins = whole.get(..limits::BEGINNING).unwrap_or(whole);
        let text = match std::str::from_utf8(begins) {
            Ok(text) => Some(text),
            // A character may stand across the end of what is shown.
            Err(error) if error.error_len().is_none() && begins.len() < whole.len() => {
                begins.get(..error.valid_up_to()).and_then(|begins| std::str::from_utf8(begins).ok())
            }
            Err(_) => None,
        };
        Some(Carried { bytes: whole.len() as u64, sha256: sha256(whole), text: text.map(str::to_owned) })
    }

    /// It in lines for people, each of them escaped.
    fn describe(&self) -> Vec<String> {
        let Carried { bytes, sha256, text } = self;
        let Some(text) = text else {
            return vec![format!("     carries   {bytes} bytes that are no text, SHA-256 {}", hex(sha256))];
        };
        let shown = text.len() as u64;
        let more = if shown == *bytes {
            String::new()
        } else {
            format!(
                ", of which {shown} follow and {} more do not, SHA-256 {}",
                bytes.saturating_sub(shown),
                hex(sha256)
            )
        };
        let mut lines = vec![format!("     carries   {bytes} bytes{more}:")];
        lines.extend(text.split('\n').map(|line| format!("             | {}", shown_whole(line))));
        lines
    }
}

/// A called tool, as it was when the plan was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCall {
    /// The run that it makes.
    pub run: RunPath,
    /// The name by which it is called.
    pub name: String,
    /// Its identity.
    pub tool: [u8; 32],
    /// The digest of its own policy.
    pub policy: [u8; 32],
}

/// What a tool asked for, in its order, and under which conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The tool's identity.
    pub tool: [u8; 32],
    /// The policy's digest.
    pub policy: [u8; 32],
    /// SHA-256 of the input's text, in the form that the tool gets.
    pub input: [u8; 32],
    /// The currency of `cost`; nothing if money is not bounded.
    pub currency: Option<String>,
    /// Fuel that the rehearsal used.
    pub fuel: u64,
    /// The requests, run by run in the order of their calls, and in each run in its order.
    pub requests: Vec<Planned>,
    /// The tools that are called, in the order of their runs. Another program under the same name is not what was approved.
    pub called: Vec<PlannedCall>,
}

impl Planned {
    fn to_value(&self) -> Value {
        let mut object = Map::new();
        object.insert("asked".into(), self.is_asked.into());
        object.insert("capability".into(), self.capability.as_str().into());
        if let Some(Carried { bytes, sha256, text }) = &self.carries {
            let mut carries = Map::new();
            carries.insert("bytes".into(), (*bytes).into());
            carries.insert("sha256".into(), hex(sha256).into());
            if let Some(text) = text {
                carries.insert("text".into(), text.as_str().into());
            }
            object.insert("carries".into(), carries.into());
        }
        object.insert("content".into(), hex(&self.content).into());
        if let Some(cost) = self.cost {
            object.insert("cost".into(), cost.into());
        }
        let fields: Vec<&str> = self.headers.iter().flat_map(|field| [&*field.name, &*field.value]).collect();
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        let secrets: Vec<&str> = self.secrets.iter().map(String::as_str).collect();
        for (name, texts) in [("headers", fields), ("idempotencyKeys", keys), ("secrets", secrets)] {
            if !texts.is_empty() {
                object.insert(name.into(), texts.into());
            }
        }
        if !self.run.is_first() {
            object.insert("run".into(), self.run.to_string().into());
        }
        object.insert("ticket".into(), self.ticket.into());
        object.insert("what".into(), self.what.as_str().into());
        Value::Object(object)
    }

    fn from_value(value: &Value) -> Result<Self, PlanError> {
        let wrong = |why: &str| PlanError(why.to_owned());
        let text = |name: &str| {
            let text = value[name].as_str().map(str::to_owned);
            text.ok_or_else(|| PlanError(format!("a request lacks {name:?}")))
        };
        let texts = |name: &str| match value.get(name) {
            None => Ok(Vec::new()),
            Some(texts) => {
                let texts = texts.as_array().map(|texts| texts.iter().map(|text| text.as_str().map(str::to_owned)));
                let texts = texts.and_then(Iterator::collect::<Option<Vec<String>>>);
                texts.ok_or_else(|| PlanError(format!("{name:?} of a request is no list of texts")))
            }
        };
        let run = value.get("run").map_or(Some(""), Value::as_str).and_then(|run| run.parse().ok());
        let ticket = value["ticket"].as_u64().and_then(|ticket| Ticket::try_from(ticket).ok());
        let carries = value.get("carries").map(|carries| {
            Ok(Carried {
                bytes: carries["bytes"].as_u64().ok_or_else(|| wrong("\"carries\" of a request lacks \"bytes\""))?,
                sha256: hash(carries, "sha256")?,
                text: carries["text"].as_str().map(str::to_owned),
            })
        });
        let fields = texts("headers")?;
        let fields = fields.chunks(2).filter_map(|field| match field {
            [name, value] => Some(Header { name: name.clone(), value: value.clone() }),
            _ => None,
        });
        Ok(Planned {
            run: run.ok_or_else(|| wrong("a request is of no run"))?,
            ticket: ticket.ok_or_else(|| wrong("a request has no ticket"))?,
            capability: text("capability")?,
            what: text("what")?,
            headers: fields.collect(),
            secrets: texts("secrets")?,
            keys: texts("idempotencyKeys")?,
            carries: carries.transpose()?,
            content: hash(value, "content")?,
            cost: value["cost"].as_u64(),
            is_asked: value["asked"].as_bool().ok_or_else(|| wrong("a request lacks \"asked\""))?,
        })
    }

    /// Bytes that it takes in the text of a plan.
    fn size(&self) -> usize {
        let text = serde_json::to_string_pretty(&self.to_value()).unwrap_or_default();
        // In the list each line stands four spaces further to the right, and a comma and a newline are between two of them.
        text.len() + 4 * text.lines().count() + 2
    }

    /// Whether all that is shown of it is what another one shows. Money apart: what is left of it bounds what a request can cost.
    pub(crate) fn shows(&self, other: &Planned) -> bool {
        let Planned {
            run,
            ticket: _,
            capability,
            what,
            headers,
            secrets,
            keys,
            carries,
            content,
            cost: _,
            is_asked: _,
        } = self;
        (run, capability, what, headers) == (&other.run, &other.capability, &other.what, &other.headers)
            && (secrets, keys, carries, content) == (&other.secrets, &other.keys, &other.carries, &other.content)
    }

    /// What it shows below its first line, each line escaped.
    fn details(&self) -> Vec<String> {
        let line = |what: &str, text: String| format!("     {what:<8}  {text}");
        let field =
            |field: &Header| line("header", format!("{}: {}", shown_whole(&field.name), shown_whole(&field.value)));
        let mut lines: Vec<String> = self.headers.iter().map(field).collect();
        lines.extend(
            self.keys.iter().map(|name| line("header", format!("{}: (a key of the run's own)", shown_whole(name)))),
        );
        lines.extend(self.secrets.iter().map(|name| line("secret", shown_whole(name))));
        lines.extend(self.carries.iter().flat_map(Carried::describe));
        lines
    }
}

/// A text on one line, escaped and whole.
fn shown_whole(text: &str) -> String {
    one_line(text, usize::MAX)
}

fn hash(value: &Value, name: &str) -> Result<[u8; 32], PlanError> {
    let hash = value[name].as_str().and_then(parse_hex);
    hash.ok_or_else(|| PlanError(format!("{name:?} is not a SHA-256 in lower-case hexadecimal digits")))
}

/// Requests as they are written down, as many as a plan holds.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    requests: Vec<Planned>,
    size: usize,
}

impl Sheet {
    /// Adds one; false if there is no room for it.
    pub(crate) fn add(&mut self, planned: Planned) -> bool {
        self.size = self.size.saturating_add(planned.size());
        let fits = self.requests.len() < REQUESTS && self.size <= WRITTEN;
        if fits {
            self.requests.push(planned);
        }
        fits
    }

    /// Those that were added, run by run.
    pub(crate) fn take(&mut self) -> Vec<Planned> {
        let mut requests = std::mem::take(&mut self.requests);
        requests.sort_by(|one, other| one.run.cmp(&other.run));
        requests
    }
}

/// Why a rehearsal ends whose plan would be too large.
pub(crate) fn too_large() -> String {
    format!(
        "the tool asks for more than a plan holds, which is {REQUESTS} requests, and {} MiB of what is shown of them: rehearse a \
         smaller part of the work",
        WRITTEN >> 20
    )
}

impl Plan {
    /// Its text: JSON, the same for the same plan.
    pub fn to_text(&self) -> String {
        let call = |call: &PlannedCall| {
            json!({
                "name": call.name,
                "policy": hex(&call.policy),
                "run": call.run.to_string(),
                "tool": hex(&call.tool),
            })
        };
        let mut object = Map::new();
        object.insert("called".into(), self.called.iter().map(call).collect());
        if let Some(currency) = &self.currency {
            object.insert("currency".into(), currency.as_str().into());
        }
        object.insert("fuel".into(), self.fuel.into());
        object.insert("input".into(), hex(&self.input).into());
        object.insert("plan".into(), VERSION.into());
        object.insert("policy".into(), hex(&self.policy).into());
        object.insert("requests".into(), self.requests.iter().map(Planned::to_value).collect());
        object.insert("tool".into(), hex(&self.tool).into());
        let text = serde_json::to_string_pretty(&Value::Object(object)).unwrap_or_default();
        format!("{text}\n")
    }

    /// Reads a plan.
    ///
    /// # Errors
    ///
    /// [`PlanError`].
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let wrong = |why: &str| PlanError(why.to_owned());
        if text.len() > TEXT {
            return Err(PlanError(format!("it has more than {TEXT} bytes")));
        }
        let value: Value = serde_json::from_str(text).map_err(|error| PlanError(format!("it is not JSON: {error}")))?;
        if value["plan"] != json!(VERSION) {
            return Err(PlanError(format!("its version is {}, and {VERSION} is known here", value["plan"])));
        }
        let requests = value["requests"].as_array().ok_or_else(|| wrong("it has no requests"))?;
        if requests.len() > REQUESTS {
            return Err(PlanError(format!("it has more than {REQUESTS} requests")));
        }
        let called = value["called"].as_array().ok_or_else(|| wrong("it does not say which tools are called"))?;
        if called.len() > REQUESTS {
            return Err(PlanError(format!("it has more than {REQUESTS} called tools")));
        }
        let call = |value: &Value| {
            let run = value["run"].as_str().and_then(|run| run.parse().ok());
            Ok(PlannedCall {
                run: run.ok_or_else(|| wrong("a called tool has no run"))?,
                name: value["name"].as_str().map(str::to_owned).ok_or_else(|| wrong("a called tool has no name"))?,
                tool: hash(value, "tool")?,
                policy: hash(value, "policy")?,
            })
        };
        let plan = Plan {
            tool: hash(&value, "tool")?,
            policy: hash(&value, "policy")?,
            input: hash(&value, "input")?,
            currency: value["currency"].as_str().map(str::to_owned),
            fuel: value["fuel"].as_u64().ok_or_else(|| wrong("it lacks \"fuel\""))?,
            requests: requests.iter().map(Planned::from_value).collect::<Result<_, PlanError>>()?,
            called: called.iter().map(call).collect::<Result<_, PlanError>>()?,
        };
        // What is shown of it must be all of it.
        if plan.to_text() != text {
            return Err(wrong("it is not in the form that Belljar writes"));
        }
        Ok(plan)
    }

    /// What a person approves: SHA-256 of the line `belljar plan, version 2`, with its newline, and of its text.
    pub fn digest(&self) -> [u8; 32] {
        sha256(format!("belljar plan, version 2\n{}", self.to_text()).as_bytes())
    }

    /// What it holds, in lines for people: of each request all that is approved, of long contents the beginning. What the tool chose is
    /// escaped, and no line of it looks like one of Belljar's.
    pub fn describe(&self) -> Vec<String> {
        let money =
            |cost: Option<u64>| cost.zip(self.currency.as_ref()).map(|(cost, currency)| show_money(cost, currency));
        let mut lines: Vec<String> = Vec::new();
        for (at, planned) in (1..).zip(&self.requests) {
            let run = if planned.run.is_first() { String::new() } else { format!(" (called run {})", planned.run) };
            let cost = money(planned.cost).map(|cost| format!(", costs up to {cost}")).unwrap_or_default();
            let asked = if planned.is_asked { ", would be asked about" } else { "" };
            let (capability, what) = (shown_whole(&planned.capability), shown_whole(&planned.what));
            lines.push(format!("{at}. {capability} {what}{run}{cost}{asked}"));
            lines.extend(planned.details());
        }
        for PlannedCall { run, name, tool, policy } in &self.called {
            let name = shown_whole(name);
            lines.push(format!("called run {run} is {name}: the tool {}, its policy {}", hex(tool), hex(policy)));
        }
        let asked = self.requests.iter().filter(|planned| planned.is_asked).count();
        let total = self.requests.iter().filter_map(|planned| planned.cost).fold(0, u64::saturating_add);
        let cost = money(Some(total)).map(|cost| format!(", up to {cost}")).unwrap_or_default();
        lines.push(format!(
            "{} requests, {asked} of them about which you would be asked{cost}; fuel {}",
            self.requests.len(),
            self.fuel
        ));
        lines
    }

    /// Whether a called run is of another program, or under another policy of its own, than when the plan was made; then there may have
    /// been none.
    pub(crate) fn is_other(&self, run: &RunPath, tool: &[u8; 32], policy: &[u8; 32]) -> bool {
        match self.called.iter().find(|call| call.run == *run) {
            Some(call) => call.tool != *tool || call.policy != *policy,
            None => self.requests.iter().any(|one| one.capability == "tools" && one.run.of_call(one.ticket) == *run),
        }
    }

    /// The requests of one run, in their order.
    pub(crate) fn of_run<'a>(&'a self, run: &'a RunPath) -> impl Iterator<Item = &'a Planned> {
        self.requests.iter().filter(move |planned| planned.run == *run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let planned = |run: &str, ticket, what: &str, cost| Planned {
            run: run.parse().unwrap(),
            ticket,
            capability: "http".into(),
            what: what.into(),
            headers: vec![Header { name: "accept".into(), value: "a/b".into() }],
            secrets: vec!["key-of-a".into()],
            keys: vec!["idempotency-key".into()],
            carries: Some(Carried { bytes: 3, sha256: [6; 32], text: Some("x\ny".into()) }),
            content: [ticket as u8; 32],
            cost,
            is_asked: cost.is_some(),
        };
        let requests = vec![planned("", 1, "GET https://a.example/", None), planned("2.1", 1, "a\n\"b\"", Some(7))];
        let currency = Some("USD".into());
        let called =
            vec![PlannedCall { run: "2".parse().unwrap(), name: "other".into(), tool: [4; 32], policy: [5; 32] }];
        Plan { tool: [1; 32], policy: [2; 32], input: [3; 32], currency, fuel: 9, requests, called }
    }

    #[test]
    fn a_plan_is_read_as_it_was_written_and_in_no_other_form() {
        let text = plan().to_text();
        assert_eq!(Plan::parse(&text), Ok(plan()));
        let before = plan().digest();
        for (from, to) in [
            ("\"asked\": true", "\"asked\": false"),
            ("\"ticket\": 1", "\"ticket\": 2"),
            ("\"cost\": 7", "\"cost\": 8"),
            ("\"fuel\": 9", "\"fuel\": 10"),
            ("\"run\": \"2.1\"", "\"run\": \"2.2\""),
            ("GET", "PUT"),
            ("other", "another"),
            ("0404", "0504"),
            ("accept", "accepts"),
            ("a/b", "a/c"),
            ("key-of-a", "key-of-b"),
            ("idempotency-key", "x-key"),
            ("\"bytes\": 3", "\"bytes\": 4"),
            ("0606", "0706"),
            ("x\\ny", "x\\nz"),
        ] {
            let changed = Plan::parse(&text.replacen(from, to, 1)).unwrap();
            assert_ne!(changed.digest(), before, "{from}");
        }
        for bad in [
            "",
            "{}",
            "[]",
            text.trim_end(),
            &text.replace("  ", " "),
            &text.replace("0101", "01"),
            &text.replace("\"plan\": 2", "\"plan\": 1"),
            &text.replace("\"called\"", "\"callees\""),
        ] {
            assert!(Plan::parse(bad).is_err(), "{bad:.80}");
        }
        // What is not known, what is there twice, and a name without a value.
        for (from, to) in [
            ("\"fuel\": 9", "\"extra\": 1,\n  \"fuel\": 9"),
            ("\"fuel\": 9", "\"fuel\": 8,\n  \"fuel\": 9"),
            ("\"bytes\": 3", "\"bytes\": 2,\n        \"bytes\": 3"),
            ("        \"a/b\"\n", "        \"a/b\",\n        \"b\"\n"),
        ] {
            let other = text.replacen(from, to, 1);
            assert_ne!(other, text, "{from}");
            assert!(Plan::parse(&other).is_err(), "{to}");
        }
    }

    #[test]
    fn a_plan_says_all_that_is_approved() {
        let lines = plan().describe();
        let expected = [
            "1. http GET https://a.example/",
            "     header    accept: a/b",
            "     header    idempotency-key: (a key of the run's own)",
            "     secret    key-of-a",
            "     carries   3 bytes:",
            "             | x",
            "             | y",
            "2. http a\u{240a}\"b\" (called run 2.1), costs up to 0.000000007 USD, would be asked about",
        ];
        assert_eq!(lines[..expected.len()], expected);
        assert_eq!(lines.len(), 16);
        assert!(lines[14].starts_with("called run 2 is other: the tool 0404"), "{}", lines[14]);
        assert!(
            lines[15].starts_with("2 requests, 1 of them about which you would be asked, up to 0.000000007 USD"),
            "{}",
            lines[15]
        );
    }

    #[test]
    fn what_is_carried_is_shown_whole_or_by_its_beginning_and_its_hash() {
        let long = "ä".repeat(3000);
        let cut = format!("{}ä", "x".repeat(limits::BEGINNING - 1));
        for (carried, first, shown) in [
            (&b"{}"[..], "2 bytes:", vec!["{}"]),
            (b"a\n\n2. kv get b\x1b[2J\r", "19 bytes:", vec!["a", "", "2. kv get b\\u{1b}[2J\\u{d}"]),
            (b"a\n", "2 bytes:", vec!["a", ""]),
            (b"\xff\0", "2 bytes that are no text, SHA-256 ", vec![]),
            (long.as_bytes(), "6000 bytes, of which 4096 follow and 1904 more do not, SHA-256 ", vec![&long[..4096]]),
            (cut.as_bytes(), "4097 bytes, of which 4095 follow and 2 more do not, SHA-256 ", vec![&cut[..4095]]),
        ] {
            let item = belljar_abi::KvItem { key: "a".into(), value: carried.to_vec() };
            let request = Request::Kv(belljar_abi::KvRequest::Set(item));
            let lines = Carried::of(&request).unwrap().describe();
            assert!(lines[0].starts_with(&format!("     carries   {first}")), "{}", lines[0]);
            assert_eq!(lines[0].contains(&hex(&sha256(carried))), lines[0].contains("SHA-256"));
            assert_eq!(lines[1..], shown.iter().map(|line| format!("             | {line}")).collect::<Vec<_>>());
        }
        assert_eq!(Carried::of(&Request::Kv(belljar_abi::KvRequest::Get("a".into()))), None);
    }

    #[test]
    fn a_plan_that_is_written_down_can_be_read() {
        let mut sheet = Sheet::default();
        let one = Planned {
            carries: Some(Carried { bytes: 9, sha256: [0; 32], text: Some("\0\n".repeat(2048)) }),
            ..plan().requests[0].clone()
        };
        while sheet.add(one.clone()) {}
        let requests = sheet.take();
        assert!((700..REQUESTS).contains(&requests.len()), "{}", requests.len());
        let plan = Plan { requests, ..plan() };
        let text = plan.to_text();
        assert!(text.len() > WRITTEN - one.size() && text.len() < WRITTEN + 2000, "{}", text.len());
        assert_eq!(Plan::parse(&text), Ok(plan));
        let small = Planned { carries: None, ..one };
        let mut sheet = Sheet::default();
        while sheet.add(small.clone()) {}
        assert_eq!(sheet.take().len(), REQUESTS);
    }
}
