//! A plan: what a tool asked for when it was rehearsed. A person approves it once; a run under it may do exactly that without
//! further questions.

use belljar_abi::Ticket;
use belljar_policy::show_money;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::contract::{hex, parse_hex, sha256};
use crate::run_path::RunPath;

#[cfg(doc)]
use crate::request_digest;

/// Requests of a plan, at most (10,000).
const REQUESTS: usize = 10_000;

/// Bytes of its text (16 MiB).
const TEXT: usize = 16 << 20;

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
    /// Bytes that it carries.
    pub bytes: u64,
    /// The digest of the whole request, [`request_digest`].
    pub content: [u8; 32],
    /// The most that it can cost, in billionths, if money is bounded.
    pub cost: Option<u64>,
    /// Whether a rule asks about it.
    pub is_asked: bool,
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

impl Plan {
    /// Its text: JSON, the same for the same plan.
    pub fn to_text(&self) -> String {
        let request = |planned: &Planned| {
            let mut object = Map::new();
            object.insert("asked".into(), planned.is_asked.into());
            object.insert("bytes".into(), planned.bytes.into());
            object.insert("capability".into(), planned.capability.as_str().into());
            object.insert("content".into(), hex(&planned.content).into());
            if let Some(cost) = planned.cost {
                object.insert("cost".into(), cost.into());
            }
            if !planned.run.is_first() {
                object.insert("run".into(), planned.run.to_string().into());
            }
            object.insert("ticket".into(), planned.ticket.into());
            object.insert("what".into(), planned.what.as_str().into());
            Value::Object(object)
        };
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
        object.insert("requests".into(), self.requests.iter().map(request).collect());
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
        let hash = |value: &Value, name: &str| {
            let hash = value[name].as_str().and_then(parse_hex);
            hash.ok_or_else(|| PlanError(format!("{name:?} is not a SHA-256 in lower-case hexadecimal digits")))
        };
        let requests = value["requests"].as_array().ok_or_else(|| wrong("it has no requests"))?;
        if requests.len() > REQUESTS {
            return Err(PlanError(format!("it has more than {REQUESTS} requests")));
        }
        let request = |value: &Value| {
            let text = |name: &str| {
                let text = value[name].as_str().map(str::to_owned);
                text.ok_or_else(|| PlanError(format!("a request lacks {name:?}")))
            };
            let run = value.get("run").map_or(Some(""), Value::as_str).and_then(|run| run.parse().ok());
            let ticket = value["ticket"].as_u64().and_then(|ticket| Ticket::try_from(ticket).ok());
            Ok(Planned {
                run: run.ok_or_else(|| wrong("a request is of no run"))?,
                ticket: ticket.ok_or_else(|| wrong("a request has no ticket"))?,
                capability: text("capability")?,
                what: text("what")?,
                bytes: value["bytes"].as_u64().ok_or_else(|| wrong("a request lacks \"bytes\""))?,
                content: hash(value, "content")?,
                cost: value["cost"].as_u64(),
                is_asked: value["asked"].as_bool().ok_or_else(|| wrong("a request lacks \"asked\""))?,
            })
        };
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
            requests: requests.iter().map(request).collect::<Result<_, PlanError>>()?,
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

    /// What it holds, in sentences for people. The requests are the tool's words: show them escaped.
    pub fn describe(&self) -> Vec<String> {
        let money =
            |cost: Option<u64>| cost.zip(self.currency.as_ref()).map(|(cost, currency)| show_money(cost, currency));
        let mut lines: Vec<String> = Vec::new();
        for (at, planned) in (1..).zip(&self.requests) {
            let run = if planned.run.is_first() { String::new() } else { format!(" (called run {})", planned.run) };
            let carries = if planned.bytes == 0 { String::new() } else { format!(", carries {} bytes", planned.bytes) };
            let cost = money(planned.cost).map(|cost| format!(", costs up to {cost}")).unwrap_or_default();
            let asked = if planned.is_asked { ", would be asked about" } else { "" };
            lines.push(format!("{at}. {} {}{run}{carries}{cost}{asked}", planned.capability, planned.what));
        }
        for PlannedCall { run, name, tool, policy } in &self.called {
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
            bytes: 3,
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
        let doubled = text.replacen("\"fuel\": 9", "\"extra\": 1,\n  \"fuel\": 9", 1);
        assert!(Plan::parse(&doubled).is_err());
    }

    #[test]
    fn a_plan_says_what_it_costs_and_what_is_asked() {
        let lines = plan().describe();
        assert_eq!(lines.len(), 4);
        assert!(lines[2].starts_with("called run 2 is other: the tool 0404"), "{}", lines[2]);
        assert!(lines[1].ends_with("costs up to 0.000000007 USD, would be asked about"), "{}", lines[1]);
        assert!(
            lines[3].starts_with("2 requests, 1 of them about which you would be asked, up to 0.000000007 USD"),
            "{}",
            lines[3]
        );
    }
}
