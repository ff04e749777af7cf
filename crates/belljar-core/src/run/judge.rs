//! What becomes of a request: what the policy says of it, and whether it can be shown and carried at all.

use std::sync::Arc;

use belljar_abi::{Denial, Failure, FilesRequest, Moment, Request, Ticket};
use belljar_policy::{Assurance, Effect, Policy, Price, Url, show_money};

use super::state::Run;
use crate::capability::{Act, Ask, Judge, Judged};
use crate::ledger::{Budget, Ledger, Reservation};
use crate::limits;
use crate::standing::Standing;
use crate::terms::Terms;

/// Why a request of a program that loads is refused, whatever the policy.
pub(crate) const LOADING: &str = "a program asks inside run, not while it loads";
/// What stands behind the rule of what a person approved beforehand.
pub(crate) const BY_PLAN: &str = ", approved by the plan";

/// Why a request without a price is refused where money is bounded.
pub(crate) const NO_PRICE: &str = "[spend]: no price is for it, so it could cost anything; add a [[spend.price]]";

/// The verdict on a request.
pub(super) struct Judgement {
    /// Its word in the log.
    pub(super) word: &'static str,
    /// The rule, or why there is none; may be empty.
    pub(super) rule: String,
    /// The rule that would allow it, if it is refused.
    pub(super) grant: Option<String>,
    /// The rule that asks, if a person approved it beforehand.
    pub(super) approved: Option<String>,
    /// The act to perform; nothing if a person is asked; or why neither.
    pub(super) comes_to: Result<Option<Act>, Failure>,
    /// The weakest answer that approves it, as the policy says.
    pub(super) least: Assurance,
    /// The policy has its answer, so that it is not sent.
    pub(super) is_answered: bool,
    /// The names of the secrets that it carries, if it is not refused.
    pub(super) secrets: Vec<String>,
    /// The header fields in which it carries a key, if it is not refused.
    pub(super) keys: Vec<String>,
    /// The most that it can cost, if it is not refused and money is bounded.
    pub(super) cost: Option<u64>,
    /// What is reserved for it, if it is not refused.
    pub(super) reserved: Option<Reservation>,
    /// The hop that is paid for, if it is one that is sent.
    pub(super) fare: Option<Fare>,
}

/// What a hop is paid by.
pub(super) struct Fare {
    /// Nothing if money is not bounded.
    pub(super) price: Option<Price>,
    /// Bytes of its body.
    pub(super) sent: u64,
    /// Bytes of the answer's body, at most.
    pub(super) room: u64,
}

impl Judgement {
    fn new(word: &'static str, rule: impl Into<String>, comes_to: Result<Option<Act>, Failure>) -> Self {
        Judgement {
            word,
            rule: rule.into(),
            grant: None,
            approved: None,
            comes_to,
            least: Assurance::default(),
            is_answered: false,
            secrets: Vec::new(),
            keys: Vec::new(),
            cost: None,
            reserved: None,
            fare: None,
        }
    }

    fn denied(request: &Request, what: &str, rule: String) -> Self {
        let capability = request.capability().name().into();
        let denial = Denial { capability, request: what.to_owned(), rule: rule.clone() };
        Judgement::new("deny", rule, Err(Failure::Denied(denial)))
    }
}

impl Run {
    /// Judges a request; `canonical` is whether it has a canonical form, `counted` whether the budget of requests has room.
    pub(super) fn judgement(
        &mut self,
        ticket: Ticket,
        request: &Request,
        what: &str,
        canonical: Result<(), String>,
        counted: Result<(), Failure>,
    ) -> Judgement {
        if self.at_once.is_loading() {
            return Judgement::denied(request, what, LOADING.into());
        }
        if let Err(failure) = counted {
            return Judgement::new("exhausted", "", Err(failure));
        }
        if let Request::Tools(_) = request
            && self.place.path.depth() >= limits::CALL_DEPTH
        {
            let rule = format!("a called tool calls others, but not deeper than {} calls", limits::CALL_DEPTH);
            return Judgement::denied(request, what, rule);
        }
        let (terms, standing, now) = (&self.terms, &self.standing, self.at_once.clock.now());
        let bench = Bench { terms, standing, now, is_foreseen: self.is_foreseen };
        let judgement = bench.judge(&mut self.at_once.ledger, ticket, request, what, canonical);
        if let Some(Fare { price, sent, room }) = judgement.fare.as_ref() {
            self.bills.entry(ticket).or_default().open(price.clone(), *sent, *room);
        }
        judgement
    }

    /// An amount of money, if the policy has a currency.
    pub(super) fn cost(&self, amount: u64) -> Option<String> {
        cost(self.terms.policy(), amount)
    }
}

/// Reserves the most that a request can cost; the error is for the tool.
pub(crate) fn money(ledger: &mut Ledger, policy: &Policy, most: u64) -> Result<Reservation, String> {
    let currency = policy.limits.spend.as_ref().map_or("", |(_, currency)| currency);
    ledger.reserve_money(most, |amount| show_money(amount, currency))
}

/// An amount of money, if the policy has a currency.
pub(super) fn cost(policy: &Policy, amount: u64) -> Option<String> {
    policy.limits.spend.as_ref().map(|(_, currency)| show_money(amount, currency))
}

/// What requests are judged by.
pub(super) struct Bench<'a> {
    pub(super) terms: &'a Arc<Terms>,
    pub(super) standing: &'a Standing,
    /// The run's clock.
    pub(super) now: Moment,
    /// What is judged is the plan's.
    pub(super) is_foreseen: bool,
}

impl Bench<'_> {
    /// Judges a request. The most that it can cost is reserved in the ledger, if it is not refused.
    pub(super) fn judge(
        &self,
        ledger: &mut Ledger,
        ticket: Ticket,
        request: &Request,
        what: &str,
        canonical: Result<(), String>,
    ) -> Judgement {
        let payload = request.payload().map_or(0, <[u8]>::len);
        let mut most = vec![(Budget::InFlight, request.carries() as u64)];
        if let Request::Files(FilesRequest::Write(writing)) = request {
            most.push((Budget::FilesBytes, writing.bytes.len() as u64));
        }
        if let Request::Http(_) = request {
            // A byte of an answer, or there is no use in asking.
            most.extend([(Budget::HttpRequests, 1), (Budget::HttpBytes, payload as u64 + 1)]);
        }
        let reserved = match ledger.reserve(&most) {
            Ok(reserved) => reserved,
            Err(text) => return Judgement::new("exhausted", "", Err(Failure::Exhausted(text))),
        };
        let judgement = self.by_policy(ticket, request, what, canonical, payload);
        if judgement.comes_to.is_ok() {
            match self.priced(ledger, request, what, judgement.is_answered) {
                Ok((cost, money, fare)) => {
                    let mut reserved = reserved;
                    reserved.join(money);
                    return Judgement { reserved: Some(reserved), cost, fare, ..judgement };
                }
                Err(refused) => {
                    ledger.settle(reserved, &[]);
                    return *refused;
                }
            }
        }
        ledger.settle(reserved, &[]);
        judgement
    }

    /// The most that a request can cost, reserved; or its refusal. Without a bound on money nothing costs anything.
    fn priced(
        &self,
        ledger: &mut Ledger,
        request: &Request,
        what: &str,
        is_answered: bool,
    ) -> Result<(Option<u64>, Reservation, Option<Fare>), Box<Judgement>> {
        let policy = self.terms.policy();
        let (Request::Http(http), false) = (request, is_answered) else {
            return Ok((None, Reservation::default(), None));
        };
        if policy.limits.spend.is_none() {
            return Ok((None, Reservation::default(), Some(Fare { price: None, sent: 0, room: 0 })));
        }
        let sent = http.body.as_ref().map_or(0, Vec::len) as u64;
        // More cannot come. What is left by the ledger does not depend on chance.
        let room = limits::TRANSFER.min(ledger.left(Budget::HttpBytes));
        let url = Url::parse(&http.url).ok();
        let price = url.and_then(|url| policy.price(&http.method, &url, sent, room)).cloned();
        let Some(price) = price else {
            return Err(Box::new(Judgement::denied(request, what, NO_PRICE.into())));
        };
        let most = price.most(sent, room);
        let reserved = money(ledger, policy, most)
            .map_err(|text| Box::new(Judgement::new("exhausted", "", Err(Failure::Exhausted(text)))))?;
        Ok((Some(most), reserved, Some(Fare { price: Some(price), sent, room })))
    }

    fn by_policy(
        &self,
        ticket: Ticket,
        request: &Request,
        what: &str,
        canonical: Result<(), String>,
        payload: usize,
    ) -> Judgement {
        let policy = self.terms.policy();
        let judged = canonical.map_err(Failure::Invalid).and_then(|()| fits(what, payload));
        match judged.and_then(|()| request.judge(ticket, self.terms)) {
            Err(failure) => Judgement::new("invalid", "", Err(failure)),
            Ok(Judged::ByPerson(rule)) => match self.standing.refusal(rule) {
                Some(refusal) => Judgement::denied(request, what, refusal),
                None => Judgement { least: policy.least, ..Judgement::new("ask", rule, Ok(None)) },
            },
            Ok(Judged::ByRules(decision, act)) => {
                let standing = self.standing.refuses(&decision);
                let least = policy.least.max(decision.least);
                let approved = decision.effect == Effect::Ask && self.standing.approves(&decision, least, self.now);
                let is_foreseen = self.is_foreseen && is_plans(least, policy.four_eyes);
                let (rule, is_answered) = (decision.rule, decision.answer.is_some());
                let secrets = act.as_ref().map(Act::secrets).unwrap_or_default();
                let keys = act.as_ref().map(Act::keys).unwrap_or_default();
                let judgement = match (decision.effect, act) {
                    (Effect::Deny, _) => {
                        let grant = request.grant(self.terms.policy());
                        Judgement { grant, ..Judgement::denied(request, what, rule) }
                    }
                    (_, None) => {
                        let rule = format!("{rule} allows it, but no folder that holds it is granted");
                        Judgement::denied(request, what, rule)
                    }
                    (Effect::Ask, Some(_)) if let Some(refusal) = standing => Judgement::denied(request, what, refusal),
                    (Effect::Ask, Some(act)) if is_foreseen => {
                        let approved = Some(rule.clone());
                        let rule = format!("{rule}{BY_PLAN}");
                        Judgement { approved, ..Judgement::new("allow", rule, Ok(Some(act))) }
                    }
                    (Effect::Ask, Some(_)) if !approved => Judgement::new("ask", rule, Ok(None)),
                    (Effect::Allow | Effect::Ask, Some(act)) => Judgement::new("allow", rule, Ok(Some(act))),
                };
                let (secrets, keys) = if judgement.comes_to.is_ok() { (secrets, keys) } else { Default::default() };
                Judgement { is_answered, secrets, keys, least, ..judgement }
            }
        }
    }
}

/// Whether a plan approves what takes an answer of that level at least: it is approved with a command, and by whoever starts the run.
pub(crate) fn is_plans(least: Assurance, four_eyes: bool) -> bool {
    least <= Assurance::Command && !four_eyes
}

/// Whether a request can be shown to a person, and carried.
pub(crate) fn fits(what: &str, payload: usize) -> Result<(), Failure> {
    let shown = shown_characters(what);
    if shown > limits::DESCRIPTION {
        return Err(Failure::Invalid(format!(
            "what is asked for takes {shown} characters to write; at most {} can be shown to a person, so a longer one is \
             not asked for",
            limits::DESCRIPTION
        )));
    }
    if payload as u64 > limits::TRANSFER {
        let most = limits::TRANSFER;
        return Err(Failure::TooLarge(format!("{payload} bytes are more than the {most} that one request carries")));
    }
    Ok(())
}

/// Characters as which a text is shown, those that cannot be seen counted as the most that they take.
fn shown_characters(text: &str) -> usize {
    text.chars().map(|c| if c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric() { 1 } else { 10 }).sum()
}
