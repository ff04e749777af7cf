//! The ledger of money by day: an SQLite file that outlives runs, with a text of [`belljar_core::daybook`] for each day and account.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use belljar_core::Moment;
use belljar_core::daybook::{Allowance, DayBook, Draw, DrawError, held_at};
use belljar_policy::Policy;
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};
use thiserror::Error;

use super::sqlite::{Sqlite, Use};
use crate::error::Error;

const SCHEMA: &str =
    "CREATE TABLE IF NOT EXISTS day (key TEXT PRIMARY KEY NOT NULL, book TEXT NOT NULL) WITHOUT ROWID;";

const WHAT: &str = "ledger of money";

/// Why money is not drawn or settled.
#[derive(Debug, Error)]
pub enum SpendError {
    /// The ledger says so.
    #[error(transparent)]
    Draw(#[from] DrawError),
    /// The ledger could not be used.
    #[error(transparent)]
    Store(#[from] Error),
}

/// What runs under policies that bound money by day (`per-day`) have spent, and what they hold. All processes that use one
/// directory share it.
#[derive(Clone, Debug)]
pub struct SpendLedger(Arc<Sqlite>);

impl SpendLedger {
    /// The ledger in directory `dir`, which is made when first needed.
    pub fn in_dir(dir: &Path) -> Self {
        // Money that was spent must not come back after a power cut.
        let of = Use { what: WHAT, file: "spend.sqlite", schema: SCHEMA, synchronous: "FULL" };
        SpendLedger(Arc::new(Sqlite::new(dir, of)))
    }

    /// The user's own directory for it, by the XDG base directory specification; none if the system does not say where that is.
    pub fn usual_dir() -> Option<PathBuf> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || absolute("HOME").map(|home| home.join(".local").join("state"));
        let base = absolute("XDG_STATE_HOME").or_else(home).or_else(|| absolute("LOCALAPPDATA"));
        base.map(|base| base.join("belljar"))
    }

    /// Draws what a run may spend; nothing if its policy bounds no money by day.
    ///
    /// # Errors
    ///
    /// If nothing is left, or the ledger cannot be used.
    pub fn draw(
        &self,
        policy: &Policy,
        tool: &str,
        now: Moment,
        random: &[u8; 32],
    ) -> Result<Option<Allowance>, SpendError> {
        let Some(draw) = Draw::of(policy, tool, now, random) else { return Ok(None) };
        self.change(&draw.key(), |text| draw.draw(text)).map(Some)
    }

    /// Whether a run that was suspended still holds what it drew.
    ///
    /// # Errors
    ///
    /// If it does not, or the ledger cannot be used.
    pub fn check(&self, policy: &Policy, allowance: &Allowance) -> Result<(), SpendError> {
        let not_held = || DrawError::NotHeld(allowance.hold.clone());
        let key = held_at(policy, &allowance.hold).ok_or_else(not_held)?;
        let text = self.0.with(|c| {
            let mut query = c.prepare_cached("SELECT book FROM day WHERE key = ?1")?;
            query.query_row([&key], |row| row.get::<_, String>(0)).optional()
        })?;
        let book = DayBook::read(&key, text.as_deref())?;
        let held = book.holds.get(&allowance.hold).filter(|held| held.amount == allowance.amount);
        held.map(drop).ok_or_else(|| not_held().into())
    }

    /// A run has ended that drew money under this policy, and has spent so much, in billionths.
    ///
    /// # Errors
    ///
    /// If nothing is held under this name, or the ledger cannot be used.
    pub fn settle(&self, policy: &Policy, hold: &str, spent: u64) -> Result<(), SpendError> {
        let key = held_at(policy, hold).ok_or_else(|| DrawError::NotHeld(hold.to_owned()))?;
        self.settle_at(&key, hold, spent)
    }

    /// The same where the policy is not known; returns what was held.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn settle_by_hold(&self, hold: &str, spent: u64) -> Result<u64, SpendError> {
        let days = self.days()?;
        let found = days.iter().find_map(|(key, book)| Some((key, book.holds.get(hold)?.amount)));
        let (key, amount) = found.ok_or_else(|| DrawError::NotHeld(hold.to_owned()))?;
        self.settle_at(key, hold, spent).map(|()| amount)
    }

    /// All days, by their keys: the day, the currency and the account, with spaces between them.
    ///
    /// # Errors
    ///
    /// If the ledger cannot be used, or is damaged.
    pub fn days(&self) -> Result<Vec<(String, DayBook)>, SpendError> {
        let rows = self.0.with(|c| {
            let mut query = c.prepare_cached("SELECT key, book FROM day ORDER BY key")?;
            let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let read = |(key, text): (String, String)| Ok((key.clone(), DayBook::read(&key, Some(&text))?));
        rows.into_iter().map(read).collect()
    }

    fn settle_at(&self, key: &str, hold: &str, spent: u64) -> Result<(), SpendError> {
        self.change(key, |text| {
            let mut book = DayBook::read(key, text)?;
            book.settle(hold, spent)?;
            Ok((book.text(), ()))
        })
    }

    /// Changes the text of a key in one transaction, in which no other process writes.
    fn change<T>(
        &self,
        key: &str,
        change: impl FnOnce(Option<&str>) -> Result<(String, T), DrawError>,
    ) -> Result<T, SpendError> {
        let changed = self.0.with(|c| {
            let transaction = Transaction::new_unchecked(c, TransactionBehavior::Immediate)?;
            let mut query = c.prepare_cached("SELECT book FROM day WHERE key = ?1")?;
            let text = query.query_row([key], |row| row.get::<_, String>(0)).optional()?;
            let (text, done) = match change(text.as_deref()) {
                Ok(changed) => changed,
                Err(refused) => return Ok(Err(refused)),
            };
            let mut write = c.prepare_cached(
                "INSERT INTO day (key, book) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET book = excluded.book",
            )?;
            write.execute(params![key, text])?;
            transaction.commit()?;
            Ok(Ok(done))
        });
        Ok(changed??)
    }
}

/// Uses the ledger on a thread of its own: another process may hold it for seconds.
pub(crate) async fn apart<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, SpendError> + Send + 'static,
) -> Result<T, SpendError> {
    let lost = |lost: tokio::task::JoinError| Error::Kv { what: WHAT, why: lost.to_string() };
    tokio::task::spawn_blocking(act).await.map_err(lost)?
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = 1_700_000_000_000_000_000;

    /// Eight ledgers of one directory, as of eight processes, that draw and settle at the same time.
    #[test]
    fn runs_at_the_same_time_do_not_overspend_a_day() {
        let dir = tempfile::tempdir().unwrap();
        let policy =
            Policy::parse("version = 1\n[spend]\nlimit = '0.000000007 USD'\nper-day = '0.000001 USD'").unwrap();
        let spent: u64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8u8)
                .map(|thread| {
                    let (ledger, policy) = (SpendLedger::in_dir(dir.path()), &policy);
                    scope.spawn(move || {
                        let mut spent = 0;
                        for run in 0..40u8 {
                            let mut random = [thread; 32];
                            random[0] = run;
                            match ledger.draw(policy, "t", NOW, &random) {
                                Ok(drawn) => {
                                    let Allowance { hold, amount } = drawn.unwrap();
                                    spent += amount;
                                    ledger.settle(policy, &hold, amount).unwrap();
                                }
                                Err(SpendError::Draw(DrawError::NothingLeft(_))) => {}
                                Err(other) => panic!("{other}"),
                            }
                        }
                        spent
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        // 320 runs of 7 want 2240.
        assert_eq!(spent, 1000);
        let days = SpendLedger::in_dir(dir.path()).days().unwrap();
        assert_eq!((days[0].0.as_str(), days[0].1.spent, days[0].1.held()), ("2023-11-14 USD default", 1000, 0));
    }

    #[test]
    fn what_is_held_stays_held_until_it_is_settled_once() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = SpendLedger::in_dir(dir.path());
        let policy = Policy::parse("version = 1\n[spend]\nper-day = '1 USD'").unwrap();
        let allowance = ledger.draw(&policy, "t", NOW, &[1; 32]).unwrap().unwrap();
        let other = SpendLedger::in_dir(dir.path());
        assert!(matches!(other.draw(&policy, "t", NOW, &[2; 32]), Err(SpendError::Draw(DrawError::NothingLeft(_)))));
        other.check(&policy, &allowance).unwrap();
        let more = Allowance { amount: allowance.amount + 1, ..allowance.clone() };
        assert!(other.check(&policy, &more).is_err());
        assert_eq!(other.settle_by_hold(&allowance.hold, 3).unwrap(), 1_000_000_000);
        assert!(ledger.check(&policy, &allowance).is_err());
        assert!(ledger.settle(&policy, &allowance.hold, 3).is_err());
        assert_eq!(ledger.draw(&policy, "t", NOW, &[2; 32]).unwrap().unwrap().amount, 1_000_000_000 - 3);
    }
}
