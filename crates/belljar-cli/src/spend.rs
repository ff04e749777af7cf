//! `belljar spend`

use std::fs::{File, TryLockError};
use std::io::BufReader;
use std::path::Path;

use belljar::daybook::DayBook;
use belljar::policy::{parse_money, show_money};
use belljar::{SpendLedger, spent_by};
use serde_json::{Value, json};

use crate::Failure;
use crate::arguments::{Format, LedgerPlace};
use crate::run::print;
use crate::show::{one_line, say, visible};

fn open(place: &LedgerPlace) -> Result<SpendLedger, Failure> {
    let why = "the system does not say where the user's own folders are: name the ledger's with --ledger DIR";
    place.open().ok_or_else(|| Failure::usage(why))
}

/// The day, the currency and the account of a key.
fn parts(key: &str) -> (&str, &str, &str) {
    let mut parts = key.splitn(3, ' ');
    let mut next = || parts.next().unwrap_or_default();
    (next(), next(), next())
}

pub(crate) fn show(place: &LedgerPlace, format: Format) -> Result<u8, Failure> {
    let days = open(place)?.days().map_err(Failure::fault)?;
    if let Format::Json = format {
        let days: Vec<Value> = days.iter().map(|(key, book)| as_json(key, book)).collect();
        print(&Value::from(days).to_string())?;
        return Ok(0);
    }
    if days.is_empty() {
        say!("no run has drawn money")?;
    }
    for (key, book) in &days {
        let (day, currency, account) = parts(key);
        let money = |amount| show_money(amount, currency);
        say!("{day}  account {}: {} spent, {} held", one_line(account, 80), money(book.spent), money(book.held()))?;
        for (tool, spent) in &book.tools {
            say!("    spent  {}  {}", money(*spent), one_line(tool, 80))?;
        }
        for (hold, held) in &book.holds {
            let (since, tool) = (one_line(&held.since, 40), one_line(&held.tool, 80));
            say!("    held   {}  {tool}, since {since}, under {}", money(held.amount), one_line(hold, 80))?;
        }
    }
    Ok(0)
}

fn as_json(key: &str, book: &DayBook) -> Value {
    let (day, currency, account) = parts(key);
    let hold = |(hold, held): (&String, &belljar::daybook::Held)| json!({ "hold": hold, "amount": held.amount, "tool": held.tool, "since": held.since });
    let held: Vec<Value> = book.holds.iter().map(hold).collect();
    json!({ "day": day, "account": account, "currency": currency, "spent": book.spent, "tools": book.tools, "held": held })
}

pub(crate) fn settle(hold: &str, amount: Option<&str>, log: Option<&Path>, place: &LedgerPlace) -> Result<u8, Failure> {
    let ledger = open(place)?;
    let days = ledger.days().map_err(Failure::fault)?;
    let key = days.iter().find(|(_, book)| book.holds.contains_key(hold)).map(|(key, _)| key.as_str());
    let not_held = || format!("nothing is held under {}: `belljar spend show` lists what is", visible(hold));
    let (_, currency, _) = parts(key.ok_or_else(|| Failure::usage(not_held()))?);
    let spent = match (amount, log) {
        (Some(text), _) => {
            let (amount, other) = parse_money(text).map_err(|e| Failure::usage(format!("--as: {e}")))?;
            if other != currency {
                return Err(Failure::usage(format!(
                    "--as: what is held is in {currency}, and nothing here changes money"
                )));
            }
            amount
        }
        (None, Some(path)) => by_log(path, hold)?,
        (None, None) => return Err(Failure::usage("say what it spent, with --as AMOUNT or --log FILE")),
    };
    let held = ledger.settle_by_hold(hold, spent).map_err(Failure::fault)?;
    say!("{} spent of the {} that it held", show_money(spent, currency), show_money(held, currency))?;
    Ok(0)
}

/// What the run spent whose log this is.
fn by_log(path: &Path, hold: &str) -> Result<u64, Failure> {
    let unreadable = |e: std::io::Error| Failure::usage(format!("cannot read the log {}: {e}", path.display()));
    let file = File::open(path).map_err(unreadable)?;
    // Whoever writes it holds it.
    if let Err(TryLockError::WouldBlock) = file.try_lock_shared() {
        return Err(Failure::usage(format!("the run whose log {} is has not ended", path.display())));
    }
    let found = spent_by(BufReader::new(file)).map_err(Failure::fault)?;
    if found.hold.as_deref() != Some(hold) {
        let other = found.hold.unwrap_or_else(|| "nothing".into());
        let (path, other) = (path.display(), visible(&other));
        return Err(Failure::usage(format!("{path} is the log of a run that holds {other}")));
    }
    Ok(found.spent)
}
