//! Money by day, outside of runs: what each day's runs of an account have spent, and what those hold that have not ended.
//!
//! A host keeps a text for each day and account, under [`Draw::key`], and changes it in one transaction: it reads the text, asks here
//! for the new one, and writes that. Where a run starts, it draws what it may spend; where it has ended, that is settled. What was
//! drawn by a run that never ended stays held until somebody settles it.

use std::collections::BTreeMap;

use belljar_abi::Moment;
use belljar_policy::limits::MOST_MONEY;
use belljar_policy::{Policy, show_money};
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::clock::format_moment;
use crate::contract::{hex, sha256};

/// Runs that hold money of one day's account at a time (10,000): bounds the text.
const HOLDS: usize = 10_000;

/// Tools that a day's account names (256): what further ones spent is in the sum alone.
const TOOLS: usize = 256;

/// Nanoseconds of a day.
const DAY: Moment = 86_400_000_000_000;

/// What a run may spend of a day's money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Under which it is held: the day, and 32 hexadecimal digits. It stands in the run's first entry.
    pub hold: String,
    /// In billionths.
    pub amount: u64,
}

/// Why money is not drawn or settled.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DrawError {
    /// Nothing is left of the day's money.
    #[error(transparent)]
    NothingLeft(Box<NothingLeft>),
    /// Too many runs hold money.
    #[error("per-day: {HOLDS} runs of this day did not end and hold money; settle them with `belljar spend settle`")]
    TooMany,
    /// Nothing is held under this name.
    #[error("nothing is held under {0:?}: it was settled already, or it is in another ledger")]
    NotHeld(String),
    /// What is kept is not what was written.
    #[error("the ledger of money is damaged at {0:?}: nothing is spent by it until that is mended or removed")]
    Damaged(String),
}

/// What is known of a day of whose money nothing is left.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "per-day: nothing is left of {per_day} of the account {account:?} on {day} (UTC): {spent} was spent, and {held} is held by {runs} \
     that did not end; there is more at {more}, and `belljar spend show` says who holds what"
)]
pub struct NothingLeft {
    /// The account.
    pub account: String,
    /// The day, as 2026-01-31.
    pub day: String,
    /// What the policy gives a day.
    pub per_day: String,
    /// What was spent.
    pub spent: String,
    /// What is held.
    pub held: String,
    /// By how many runs, in words.
    pub runs: String,
    /// When the next day begins.
    pub more: String,
}

/// What one run draws.
#[derive(Clone, Debug)]
pub struct Draw<'a> {
    account: &'a str,
    currency: &'a str,
    limit: u64,
    per_day: u64,
    tool: &'a str,
    hold: String,
    now: Moment,
}

impl<'a> Draw<'a> {
    /// What a run draws under a policy; nothing where the policy bounds no money by day. `random` is 32 random bytes.
    pub fn of(policy: &'a Policy, tool: &'a str, now: Moment, random: &[u8; 32]) -> Option<Self> {
        let (per_day, (limit, currency)) = (policy.limits.per_day.as_ref()?, policy.limits.spend.as_ref()?);
        let digits = hex(&sha256(&[b"belljar hold 1\n".as_slice(), random].concat()));
        let hold = format!("{}-{}", day(now), digits.get(..32).unwrap_or_default());
        let (account, per_day) = (per_day.account.as_str(), per_day.amount);
        Some(Draw { account, currency, limit: *limit, per_day, tool, hold, now })
    }

    /// Under which the day's text is kept.
    pub fn key(&self) -> String {
        key(&self.hold, self.currency, self.account)
    }

    /// Draws: the new text, to be kept before the run starts.
    ///
    /// # Errors
    ///
    /// If nothing is left, or the text is none.
    pub fn draw(&self, text: Option<&str>) -> Result<(String, Allowance), DrawError> {
        let mut book = DayBook::read(&self.key(), text)?;
        let held = book.held();
        let left = self.per_day.saturating_sub(book.spent.saturating_add(held));
        let amount = self.limit.min(left);
        if amount == 0 && self.limit > 0 {
            let money = |amount| show_money(amount, self.currency);
            let runs = match book.holds.len() {
                1 => "a run".to_owned(),
                runs => format!("{runs} runs"),
            };
            return Err(DrawError::NothingLeft(Box::new(NothingLeft {
                account: self.account.to_owned(),
                day: day(self.now),
                per_day: money(self.per_day),
                spent: money(book.spent),
                held: money(held),
                runs,
                more: format_moment((self.now / DAY).saturating_add(1).saturating_mul(DAY)),
            })));
        }
        if book.holds.len() >= HOLDS {
            return Err(DrawError::TooMany);
        }
        let held = Held { amount, since: format_moment(self.now), tool: self.tool.to_owned() };
        book.holds.insert(self.hold.clone(), held);
        Ok((book.text(), Allowance { hold: self.hold.clone(), amount }))
    }
}

/// Under which the text is kept that a run's hold stands in, under the run's policy.
pub fn held_at(policy: &Policy, hold: &str) -> Option<String> {
    let (per_day, (_, currency)) = (policy.limits.per_day.as_ref()?, policy.limits.spend.as_ref()?);
    Some(key(hold, currency, &per_day.account))
}

fn key(hold: &str, currency: &str, account: &str) -> String {
    format!("{} {currency} {account}", hold.get(..10).unwrap_or_default())
}

/// The day of a moment in UTC, as 2026-01-31.
fn day(moment: Moment) -> String {
    format_moment(moment).chars().take(10).collect()
}

/// What a run that has not ended holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// In billionths.
    pub amount: u64,
    /// Since when, as RFC 3339.
    pub since: String,
    /// The name that the tool gives itself.
    pub tool: String,
}

/// What is known of one day's account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayBook {
    /// What was spent, in billionths.
    pub spent: u64,
    /// What of it by which tool, as they name themselves.
    pub tools: BTreeMap<String, u64>,
    /// What is held.
    pub holds: BTreeMap<String, Held>,
}

impl DayBook {
    /// Reads the text that is kept under a key.
    ///
    /// # Errors
    ///
    /// If it is none that was written here.
    pub fn read(key: &str, text: Option<&str>) -> Result<Self, DrawError> {
        let Some(text) = text else { return Ok(DayBook::default()) };
        serde_json::from_str(text).ok().as_ref().and_then(of).ok_or_else(|| DrawError::Damaged(key.to_owned()))
    }

    /// As it is kept.
    pub fn text(&self) -> String {
        let holds = self.holds.iter().map(|(hold, held)| {
            let Held { amount, since, tool } = held;
            (hold.clone(), json!({ "amount": amount, "since": since, "tool": tool }))
        });
        let tools = self.tools.iter().map(|(tool, spent)| (tool.clone(), Value::from(*spent)));
        let (holds, tools) = (holds.collect::<Map<_, _>>(), tools.collect::<Map<_, _>>());
        json!({ "holds": holds, "spent": self.spent, "tools": tools }).to_string()
    }

    /// What is held by all runs.
    pub fn held(&self) -> u64 {
        self.holds.values().fold(0, |sum, held| sum.saturating_add(held.amount))
    }

    /// A run has ended, and has spent so much, whatever it held.
    ///
    /// # Errors
    ///
    /// If it holds nothing. Then nothing changes.
    pub fn settle(&mut self, hold: &str, spent: u64) -> Result<(), DrawError> {
        let held = self.holds.remove(hold).ok_or_else(|| DrawError::NotHeld(hold.to_owned()))?;
        self.spent = self.spent.saturating_add(spent).min(MOST_MONEY);
        if self.tools.len() < TOOLS || self.tools.contains_key(&held.tool) {
            let sum = self.tools.entry(held.tool).or_default();
            *sum = sum.saturating_add(spent).min(MOST_MONEY);
        }
        Ok(())
    }
}

fn of(value: &Value) -> Option<DayBook> {
    let tools = value["tools"].as_object()?.iter().map(|(tool, spent)| Some((tool.clone(), spent.as_u64()?)));
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let holds = value["holds"].as_object()?.iter().map(|(hold, held)| {
        let held = Held { amount: held["amount"].as_u64()?, since: text(&held["since"])?, tool: text(&held["tool"])? };
        Some((hold.clone(), held))
    });
    Some(DayBook {
        spent: value["spent"].as_u64()?,
        tools: tools.collect::<Option<_>>()?,
        holds: holds.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Moment = 1_700_000_000_000_000_000;

    fn policy(spend: &str) -> Policy {
        Policy::parse(&format!("version = 1\n[spend]\n{spend}")).unwrap()
    }

    #[test]
    fn runs_draw_from_the_day_until_nothing_is_left() {
        let policy = policy("limit = '0.4 USD'\nper-day = '1 USD'");
        let draw = |text: Option<&str>, run: u8| Draw::of(&policy, "t", NOW, &[run; 32]).unwrap().draw(text);
        let (first, a) = draw(None, 1).unwrap();
        let (second, b) = draw(Some(&first), 2).unwrap();
        let (third, c) = draw(Some(&second), 3).unwrap();
        assert_eq!([a.amount, b.amount, c.amount], [400_000_000, 400_000_000, 200_000_000]);
        let refused = draw(Some(&third), 4).unwrap_err().to_string();
        let said = "nothing is left of 1 USD of the account \"default\" on 2023-11-14 (UTC): 0 USD was spent, and 1 USD is held by 3 runs";
        assert!(refused.contains(said) && refused.contains("more at 2023-11-15T00:00:00"), "{refused}");
        let mut book = DayBook::read("", Some(&third)).unwrap();
        book.settle(&b.hold, 100_000_000).unwrap();
        assert_eq!(book.settle(&b.hold, 1), Err(DrawError::NotHeld(b.hold)));
        let (_, d) = draw(Some(&book.text()), 4).unwrap();
        assert_eq!((d.amount, book.spent, book.tools["t"]), (300_000_000, 100_000_000, 100_000_000));
        // The next day is another text.
        let tomorrow = Draw::of(&policy, "t", NOW + DAY, &[5; 32]).unwrap();
        assert_eq!(tomorrow.key(), "2023-11-15 USD default");
        assert_eq!(held_at(&policy, &d.hold).as_deref(), Some("2023-11-14 USD default"));
    }

    #[test]
    fn a_limit_of_nothing_needs_nothing_and_what_is_damaged_gives_nothing() {
        let nothing = policy("limit = '0 USD'\nper-day = '0 USD'\naccount = 'a.b-c_1'");
        let draw = Draw::of(&nothing, "t", NOW, &[1; 32]).unwrap();
        assert_eq!(draw.draw(None).unwrap().1.amount, 0);
        for text in
            ["", "{}", "null", r#"{"spent":-1,"tools":{},"holds":{}}"#, r#"{"spent":0,"tools":{},"holds":{"a":{}}}"#]
        {
            assert_eq!(draw.draw(Some(text)), Err(DrawError::Damaged("2023-11-14 USD a.b-c_1".into())), "{text}");
        }
        assert!(Draw::of(&policy("limit = '1 USD'"), "t", NOW, &[1; 32]).is_none());
    }

    proptest! {
        /// Whatever runs draw, and settle for at most what they drew: the day's money is not exceeded.
        #[test]
        fn a_day_is_not_overspent(acts in prop::collection::vec((0..60u64, 0..80u64, any::<bool>()), 0..40), per_day in 0..200u64) {
            let (mut text, mut held): (Option<String>, Vec<Allowance>) = (None, Vec::new());
            for (run, (limit, spent, ends)) in acts.into_iter().enumerate() {
                let mut policy = policy("limit = '1 USD'\nper-day = '1 USD'");
                policy.limits.spend = Some((limit, "USD".into()));
                policy.limits.per_day.as_mut().unwrap().amount = per_day;
                if let Ok((new, allowance)) = Draw::of(&policy, "t", NOW, &[run as u8; 32]).unwrap().draw(text.as_deref()) {
                    text = Some(new);
                    held.push(allowance);
                }
                let mut book = DayBook::read("", text.as_deref()).unwrap();
                if ends && !held.is_empty() {
                    let Allowance { hold, amount } = held.swap_remove(spent as usize % held.len());
                    book.settle(&hold, spent.min(amount)).unwrap();
                    text = Some(book.text());
                }
                prop_assert!(book.spent + book.held() <= per_day);
            }
        }
    }
}
