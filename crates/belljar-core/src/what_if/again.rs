//! One log, gone through under other terms: verdicts and budgets by the same code as in a run.

mod budgets;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use belljar_abi::{Failure, Moment, Request, Ticket};
use belljar_policy::{Effect, Url};

use super::says::{Said, body_secret, decided, stand_in};
use super::{Before, Change, ChangeKind, History, RunIf, Unknown, WhatIfError, content, entries};
use crate::capability::{Ask, http, said};
use crate::entry::Entry;
use crate::ledger::{Budget, Budgets, Ledger, Reservation};
use crate::price::Bill;
use crate::rule_words;
use crate::run::judge::{BY_PLAN, LOADING, NO_PRICE, is_plans};
use crate::standing::Standing;
use crate::terms::Terms;

/// Goes through a history. Without `rules` what rules decided stays, and money alone is counted.
pub(super) fn again(history: &History, terms: &Arc<Terms>, rules: bool) -> Result<RunIf, WhatIfError> {
    let (entries, ended) = entries(history)?;
    let limits = &terms.policy().limits;
    let mut budgets = Budgets::from(limits);
    if !rules {
        let (calls, http_requests) = (u64::MAX, u64::MAX);
        let (http_bytes, files_bytes, artifacts) = (u64::MAX, u64::MAX, u64::MAX);
        budgets = Budgets { calls, http_requests, http_bytes, files_bytes, artifacts, ..budgets };
    }
    let mut found = RunIf { name: history.name.clone(), ended, ..RunIf::default() };
    found.money.currency_after = limits.spend.as_ref().map(|(_, currency)| currency.clone());
    let before = history.beside.as_ref().and_then(|beside| beside.terms.as_ref());
    let spend = before.and_then(|terms| terms.policy().limits.spend.as_ref());
    found.money.currency_before = spend.map(|(_, currency)| currency.clone());
    let mut again = Again {
        history,
        terms,
        rules,
        answers: answers(&entries),
        ledger: Ledger::new(budgets),
        http_left: budgets.http_bytes,
        http_left_then: u64::MAX,
        tickets: HashMap::new(),
        standing: Standing::default(),
        now: 0,
        found,
    };
    for (line, entry) in (1..).zip(&entries) {
        again.entry(line, entry);
    }
    Ok(again.finish())
}

/// Whether the questions of each ticket were answered with a yes, in their order.
type Answers = HashMap<Ticket, VecDeque<bool>>;

/// What was answered.
fn answers(entries: &[Entry<'_>]) -> Answers {
    let mut answers = Answers::new();
    for entry in entries {
        if let Entry::Answer { ticket, answer, .. } = entry {
            answers.entry(*ticket).or_default().push_back(matches!(answer.as_ref(), "yes" | "said" | "edited"));
        }
    }
    answers
}

/// A request of the log that would be performed, or whose question would be open.
struct Open {
    /// As much of the request as is known.
    request: Option<Request>,
    /// Whether that is all of it that rules look at.
    whole: bool,
    /// Bytes that it carries.
    payload: u64,
    /// The rule that would have asked.
    asks: Option<String>,
    /// Whether its answer is in the history: it was performed then, and not answered by the policy.
    answered: bool,
    /// Whether rules let it be sent, where no rule answers.
    sent: bool,
    reserved: Reservation,
    bill: Option<Bill>,
    /// Whether one of its prices depends on the answer.
    by_units: bool,
    /// What was left of the bytes of HTTP when it was sent.
    left: u64,
    /// Whether it would be refused: what was reserved for its hops before is settled where its result was.
    refused: bool,
}

struct Again<'a> {
    history: &'a History,
    terms: &'a Arc<Terms>,
    rules: bool,
    answers: Answers,
    ledger: Ledger,
    http_left: u64,
    /// The same by the limit that the run had, as far as the log tells: a result counts here when it is handed over, and counted then when
    /// it came.
    http_left_then: u64,
    tickets: HashMap<Ticket, Open>,
    standing: Standing,
    now: Moment,
    found: RunIf,
}

/// An entry that asks for something.
struct Asked<'a> {
    line: u64,
    ticket: Ticket,
    capability: &'a str,
    what: &'a str,
    verdict: &'a str,
    rule: &'a str,
    secrets: &'a [std::borrow::Cow<'a, str>],
}

impl Again<'_> {
    fn entry(&mut self, line: u64, entry: &Entry<'_>) {
        match entry {
            Entry::Start { clock, limits, .. } => {
                self.now = clock.0;
                self.http_left_then = limits.http_bytes.unwrap_or(u64::MAX);
            }
            Entry::Artifact { bytes, .. } => {
                let bytes = usize::try_from(*bytes).unwrap_or(usize::MAX);
                if self.ledger.artifact(bytes).is_err() {
                    self.runs_out("artifacts", line);
                }
            }
            Entry::Request { bytes, capability, rule, secrets, ticket, verdict, what, .. } => {
                let counted = self.ledger.call();
                let rule = rule.as_deref().unwrap_or_default();
                let asked = Asked { line, ticket: *ticket, capability, what, verdict, rule, secrets };
                let whole = self.history.beside.as_ref().and_then(|beside| content(&beside.requests, *ticket));
                let known = whole.is_some();
                let request = whole.or_else(|| said(capability, what));
                let open = Open {
                    whole: known || *capability != "http",
                    request,
                    payload: bytes.unwrap_or(0),
                    asks: None,
                    answered: false,
                    sent: false,
                    reserved: Reservation::default(),
                    bill: None,
                    by_units: false,
                    left: 0,
                    refused: false,
                };
                self.asks(&asked, open, counted);
            }
            Entry::Redirect { rule, secrets, status, ticket, verdict, what, .. } => {
                // What would not have been sent is not redirected.
                let goes_on = self.tickets.get(ticket).is_some_and(|open| !open.refused);
                let open = if goes_on { self.tickets.remove(ticket) } else { None };
                let Some(mut open) = open else {
                    self.answer_to(*ticket, verdict);
                    return;
                };
                if let Some(bill) = &mut open.bill {
                    bill.redirected();
                }
                let url = what.split_once(' ').and_then(|(_, url)| Url::parse(url).ok());
                let next = match (&open.request, u16::try_from(*status), url) {
                    (Some(Request::Http(request)), Ok(status), Some(url)) => http::next(request, status, &url).ok(),
                    _ => None,
                };
                let next = next.map(Request::Http).filter(|next| next.describe() == **what);
                // Without the first request its body is not known, and so not what is left of it.
                open.whole &= next.is_some();
                open.request = next.or_else(|| said("http", what));
                let drops = matches!(*status, 301..=303) && what.starts_with("GET ");
                open.payload = if drops { 0 } else { open.payload };
                let rule = rule.as_deref().unwrap_or_default();
                let asked = Asked { line, ticket: *ticket, capability: "http", what, verdict, rule, secrets };
                self.asks(&asked, open, Ok(()));
            }
            Entry::Question { .. } => self.found.questions.before += 1,
            Entry::Answer { ticket, what, bytes, secrets, rule: given, .. } => {
                if let Some(rule) = self.tickets.get_mut(ticket).and_then(|open| open.asks.take()) {
                    self.standing.entered(&rule, entry);
                    if let Some(what) = what {
                        let (verdict, rule) = ("ask", given.as_deref().unwrap_or_default());
                        let asked = Asked { line, ticket: *ticket, capability: "", what, verdict, rule, secrets };
                        self.changed(asked, bytes.unwrap_or(0));
                    }
                }
            }
            Entry::Result { at, bytes, cost, result, ticket, .. } => {
                self.now = self.now.max(at.0);
                if let Some(cost) = cost {
                    let before = self.found.money.before.get_or_insert(0);
                    *before = before.saturating_add(*cost);
                }
                if let Some(open) = self.tickets.remove(ticket) {
                    self.settle(line, *ticket, open, *bytes, result);
                }
            }
            Entry::Wait { at } => self.now = self.now.max(at.0),
            Entry::End { budget, usage, .. } => self.end(line, budget.as_deref(), usage),
            Entry::Seed { .. } | Entry::Console { .. } => {}
        }
    }

    /// A person changed a request and approved it so: whoever did would do it again, if what was approved is not refused.
    fn changed(&mut self, asked: Asked<'_>, payload: u64) {
        let goes_on = self.tickets.get(&asked.ticket).is_some_and(|open| !open.refused);
        let Some(open) = self.tickets.remove(&asked.ticket).filter(|_| goes_on) else { return };
        self.http_left = self.http_left.saturating_add(open.reserved.amount(Budget::HttpBytes));
        self.ledger.settle(open.reserved, &[]);
        let capability = open.request.as_ref().map_or("", |request| request.capability().name());
        let asked = Asked { capability, ..asked };
        let whole = self.history.beside.as_ref().and_then(|beside| content(&beside.edited, asked.ticket));
        let known = whole.is_some();
        let request = whole.or_else(|| said(capability, asked.what));
        let whole = known || capability != "http";
        let (reserved, answered) = (Reservation::default(), false);
        let mut open = Open {
            request,
            whole,
            payload,
            asks: None,
            answered,
            sent: false,
            reserved,
            bill: None,
            by_units: false,
            left: 0,
            refused: false,
        };
        let (after, rule) = self.verdict(&asked, &mut open, Ok(()), Before::Asked);
        open.refused = matches!(after, Before::Refused | Before::Exhausted);
        if open.refused {
            let (capability, request) = (asked.capability.to_owned(), asked.what.to_owned());
            let (entry, kind, before) = (asked.line, ChangeKind::Refused, Before::Asked);
            self.found.changes.push(Change { entry, kind, capability, request, before, after, rule });
        }
        open.answered = !open.refused && self.was_sent(&open);
        self.tickets.insert(asked.ticket, open);
    }

    /// Whether the request was performed, by its verdict and by what a person answered; nothing if nobody has answered.
    fn answer_to(&mut self, ticket: Ticket, verdict: &str) -> Option<bool> {
        match verdict {
            "ask" => self.answers.get_mut(&ticket).and_then(VecDeque::pop_front),
            verdict => Some(verdict == "allow"),
        }
    }

    /// One request, or one hop of one.
    fn asks(&mut self, asked: &Asked<'_>, mut open: Open, counted: Result<(), String>) {
        self.found.requests += 1;
        let answer = self.answer_to(asked.ticket, asked.verdict);
        let performed = answer == Some(true);
        let before = match asked.verdict {
            "allow" => Before::Allowed,
            "ask" => Before::Asked,
            "exhausted" => Before::Exhausted,
            // Malformed requests are refused by every policy, and so is what a program asks for while it loads.
            "invalid" => return,
            _ if asked.rule == LOADING => return,
            _ => Before::Refused,
        };
        if asked.capability == "http" && matches!(before, Before::Allowed | Before::Asked) {
            self.http_left_then = self.http_left_then.saturating_sub(open.payload.saturating_add(1));
        }
        let was_answered = rule_words::answers(asked.rule);
        open.sent = false;
        let (after, rule) = self.verdict(asked, &mut open, counted, before);
        if was_answered && open.sent && matches!(after, Before::Allowed | Before::Asked) {
            let (capability, request, rule) = (asked.capability.to_owned(), asked.what.to_owned(), rule.clone());
            self.found.changes.push(Change {
                entry: asked.line,
                kind: ChangeKind::Sent,
                capability,
                request,
                before,
                after,
                rule,
            });
        }
        if after == Before::Asked {
            self.found.questions.after += 1;
            open.asks = Some(rule.clone());
        }
        let kind = match (before, after) {
            (Before::Allowed | Before::Asked, Before::Refused | Before::Exhausted)
                if performed || before == Before::Allowed =>
            {
                Some(ChangeKind::Refused)
            }
            (Before::Allowed, Before::Asked) => Some(ChangeKind::Asked),
            (Before::Asked, Before::Asked) => None,
            (Before::Asked, _) => Some(ChangeKind::NotAsked),
            (Before::Refused | Before::Exhausted, Before::Allowed | Before::Asked) => Some(ChangeKind::NotRefused),
            _ => None,
        };
        if let Some(kind) = kind {
            let (capability, request) = (asked.capability.to_owned(), asked.what.to_owned());
            self.found.changes.push(Change { entry: asked.line, kind, capability, request, before, after, rule });
        }
        // Who said no before says no again, where the same is asked.
        open.refused = match after {
            Before::Allowed => false,
            Before::Asked => before == Before::Asked && answer == Some(false),
            Before::Refused | Before::Exhausted => true,
        };
        open.answered = performed && !was_answered && self.was_sent(&open);
        // What was said to a whole rule comes with the answer.
        if !(open.refused && open.reserved.is_empty() && open.asks.is_none()) {
            self.tickets.insert(asked.ticket, open);
        }
    }

    /// What the other terms make of a request: what, and the rule.
    fn verdict(
        &mut self,
        asked: &Asked<'_>,
        open: &mut Open,
        counted: Result<(), String>,
        before: Before,
    ) -> (Before, String) {
        if let Err(text) = counted {
            self.lacks("calls", asked);
            return (Before::Exhausted, text);
        }
        let mut most = vec![(Budget::InFlight, open.payload)];
        if asked.capability == "files" && asked.what.starts_with("write ") {
            most.push((Budget::FilesBytes, open.payload));
        }
        if asked.capability == "http" {
            most.extend([(Budget::HttpRequests, 1), (Budget::HttpBytes, open.payload.saturating_add(1))]);
        }
        let reserved = match self.reserve(&most, asked) {
            Ok(reserved) => reserved,
            Err(text) => return (Before::Exhausted, text),
        };
        let (after, rule, answer) = match self.says(open, asked) {
            Said::Same => (before, asked.rule.to_owned(), false),
            Said::Unknown(why) => {
                let (capability, request) = (asked.capability.to_owned(), asked.what.to_owned());
                self.found.unknown.push(Unknown { entry: asked.line, capability, request, why: why.to_owned() });
                (before, asked.rule.to_owned(), false)
            }
            Said::Person(rule) => match self.standing.refusal(&rule) {
                Some(refusal) => (Before::Refused, refusal, false),
                None => (Before::Asked, rule, false),
            },
            Said::Rules(decision) => {
                let answer = decision.answer.is_some() && decision.effect != Effect::Deny;
                open.sent = !answer;
                if let (Effect::Ask, Some(refusal)) = (decision.effect, self.standing.refuses(&decision)) {
                    self.ledger.settle(reserved, &[]);
                    return (Before::Refused, refusal);
                }
                let policy = self.terms.policy();
                let least = policy.least.max(decision.least);
                // What a plan approved then, it would approve again.
                let is_planned =
                    asked.verdict == "allow" && asked.rule.ends_with(BY_PLAN) && is_plans(least, policy.four_eyes);
                let after = match decision.effect {
                    Effect::Deny => Before::Refused,
                    Effect::Ask if is_planned => Before::Allowed,
                    Effect::Ask if !self.standing.approves(&decision, least, self.now) => Before::Asked,
                    Effect::Allow | Effect::Ask => Before::Allowed,
                };
                (after, decision.rule, answer)
            }
        };
        if matches!(after, Before::Refused | Before::Exhausted) {
            self.ledger.settle(reserved, &[]);
            return (after, rule);
        }
        self.found.answered += u64::from(answer);
        match self.priced(open, answer, asked) {
            Ok(money) => {
                self.http_left = self.http_left.saturating_sub(reserved.amount(Budget::HttpBytes));
                open.left = self.http_left;
                open.reserved.join(reserved);
                open.reserved.join(money);
                (after, rule)
            }
            Err(refused) => {
                self.ledger.settle(reserved, &[]);
                refused
            }
        }
    }

    /// What the rules say.
    fn says(&self, open: &Open, asked: &Asked<'_>) -> Said {
        if !self.rules {
            return match asked.verdict {
                "exhausted" => Said::Unknown("a log does not say which budget had no room for it"),
                _ if asked.rule == NO_PRICE => Said::Unknown("a log does not say what rules make of what has no price"),
                _ => Said::Same,
            };
        }
        let Some(request) = &open.request else {
            return Said::Unknown("the log has not all of its words");
        };
        let policy = self.terms.policy();
        let said = decided(request, open.whole, asked.ticket, self.terms);
        match &said {
            Said::Rules(decision) if decision.effect != Effect::Deny && decision.answer.is_none() => {
                match body_secret(policy, request, asked.secrets) {
                    true => Said::Unknown("a secret goes into its body, and a log has no bodies"),
                    false => said,
                }
            }
            _ => said,
        }
    }

    /// Whether the server answered, as far as is known: a policy can have answered in its place.
    fn was_sent(&self, open: &Open) -> bool {
        let before = self.history.beside.as_ref().and_then(|beside| beside.terms.as_ref());
        let (Some(terms), Some(request)) = (before, &open.request) else { return true };
        !matches!(decided(request, open.whole, 0, terms), Said::Rules(decision) if decision.answer.is_some())
    }

    /// A result is handed over.
    fn settle(&mut self, line: u64, ticket: Ticket, open: Open, bytes: u64, result: &str) {
        let was_exhausted = result == "exhausted";
        let is_http = open.reserved.amount(Budget::HttpRequests) > 0;
        let recorded = self.history.beside.as_ref().and_then(|beside| content(&beside.results, ticket));
        let has_content = recorded.is_some();
        let result = if open.refused { stand_in("denied") } else { recorded.unwrap_or_else(|| stand_in(result)) };
        let unknown = !open.refused && (!open.answered || open.by_units && !has_content && result.is_ok());
        let cost = open.bill.map(|bill| {
            let failed = Err(Failure::Other(String::new()));
            // A failure costs the most that is reserved for it.
            bill.total(if unknown { &failed } else { &result })
        });
        self.found.money.at_most += u64::from(unknown && cost.is_some());
        let (requests, reserved) =
            (open.reserved.amount(Budget::HttpRequests), open.reserved.amount(Budget::HttpBytes));
        let sent = reserved.saturating_sub(requests);
        let came = if open.answered && !open.refused { bytes } else { 0 };
        let used = if is_http { came.saturating_add(sent) } else { 0 };
        let wrote = match &result {
            Ok(_) | Err(Failure::Other(_)) => open.reserved.amount(Budget::FilesBytes),
            Err(_) => 0,
        };
        let actual = [
            (Budget::HttpRequests, requests),
            (Budget::HttpBytes, used),
            (Budget::Spend, cost.unwrap_or_default()),
            (Budget::FilesBytes, wrote),
        ];
        self.ledger.settle(open.reserved, &actual);
        if is_http {
            // It did not fit then, either, when it was handed over: so it came before what was sent meanwhile.
            let came_early = self.http_left_then.checked_sub(bytes).is_none() && came <= open.left;
            self.http_left_then = self.http_left_then.saturating_sub(bytes);
            match self.http_left.checked_sub(came) {
                Some(left) => self.http_left = left,
                None if came_early => self.http_left = 0,
                None if was_exhausted => {}
                None => self.runs_out("http-bytes", line),
            }
        }
    }

    fn finish(mut self) -> RunIf {
        if self.terms.policy().limits.spend.is_some() {
            // What was not handed over counts as what is reserved for it, as in a run, but for what a person is still asked about.
            let (asked, open): (Vec<&Open>, Vec<&Open>) = self.tickets.values().partition(|open| open.asks.is_some());
            let unsent = asked.iter().filter_map(|open| Some(open.bill.as_ref()?.unsent(None))).sum();
            self.found.money.after = Some(self.ledger.used(Budget::Spend).saturating_sub(unsent));
            self.found.money.at_most += open.iter().filter(|open| open.bill.is_some()).count() as u64;
        }
        self.found
    }
}
