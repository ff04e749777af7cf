//! The ledger of money by day in IndexedDB: it outlives the page, and all pages of an origin share it. It is a database of its own
//! beside that of keys and values.

use std::sync::Arc;

use belljar_core::daybook::{Allowance, DayBook, Draw, DrawError, held_at};
use belljar_core::{Report, Stop, Terms};
use idb::{Error, TransactionMode};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use super::kv::Namespace;
use crate::policy::Grants;
use crate::recording::Recorded;
use crate::report;
use crate::run::now;
use crate::start::random;
use crate::tool::Tool;

/// What a run may spend of a day's money, or why it may not start.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Drawn {
    ledger: Ledger,
    terms: Arc<Terms>,
    pub(crate) allowance: Option<Allowance>,
    refusal: Option<DrawError>,
}

#[wasm_bindgen]
impl Drawn {
    /// Draws what a run may spend, from the ledger that goes with a database of keys and values. The promise is of a [`Drawn`], or of
    /// nothing where the policy bounds no money by day.
    pub fn draw(database: &str, tool: &Tool, grants: &Grants) -> Promise {
        let (ledger, terms, name) = (Ledger::beside(database), grants.0.clone(), tool.contract.name().to_owned());
        future_to_promise(async move {
            let mut seed = [0; 32];
            random(&mut seed)?;
            let drawn = match Draw::of(terms.policy(), &name, now().wall, &seed) {
                Some(draw) => ledger.change(&draw.key(), |text| draw.draw(text)).await,
                None => return Ok(JsValue::UNDEFINED),
            };
            Self::of(ledger, terms, drawn)
        })
    }

    /// The same of a run that was suspended: it goes on with what it drew, also on another day, if nobody has settled it meanwhile.
    pub fn held(database: &str, recorded: &Recorded, grants: &Grants) -> Promise {
        let (ledger, terms, recording) = (Ledger::beside(database), grants.0.clone(), recorded.0.clone());
        future_to_promise(async move {
            match recording.allowance() {
                Some(allowance) => {
                    let checked = ledger.check(&terms, allowance).await;
                    Self::of(ledger, terms, checked)
                }
                None => Ok(JsValue::UNDEFINED),
            }
        })
    }

    /// The report of a run that may not start, because nothing is left.
    pub fn refusal(&self) -> Result<Option<JsValue>, JsValue> {
        self.refusal.as_ref().map(|error| report::show(&Report::without_money(error))).transpose()
    }
}

impl Drawn {
    fn of(
        ledger: Ledger,
        terms: Arc<Terms>,
        drawn: Result<Result<Allowance, DrawError>, Error>,
    ) -> Result<JsValue, JsValue> {
        let (allowance, refusal) = match drawn {
            Ok(Ok(allowance)) => (Some(allowance), None),
            Ok(Err(refusal)) => (None, Some(refusal)),
            Err(error) => {
                ledger.0.forget();
                return Err(JsError::new(&format!("the ledger of money failed: {error}")).into());
            }
        };
        Ok(Drawn { ledger, terms, allowance, refusal }.into())
    }

    /// The run has ended that drew it.
    ///
    /// # Errors
    ///
    /// Why it is not settled: it then stays held.
    pub(crate) async fn settle(&self, spent: u64) -> Result<(), Stop> {
        let Some(Allowance { hold, .. }) = &self.allowance else { return Ok(()) };
        let Some(key) = held_at(self.terms.policy(), hold) else { return Ok(()) };
        let settled = self.ledger.change(&key, |text| {
            let mut book = DayBook::read(&key, text)?;
            book.settle(hold, spent)?;
            Ok((book.text(), ()))
        });
        let why = match settled.await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(refused)) => refused.to_string(),
            Err(error) => format!("the ledger of money failed: {error}"),
        };
        Err(Stop::Host(format!("what it spent is not settled, and stays held under {hold}: {why}")))
    }
}

/// The ledger.
#[derive(Debug)]
struct Ledger(Namespace);

impl Ledger {
    fn beside(database: &str) -> Self {
        Ledger(Namespace::new(&format!("{database} spend"), "day"))
    }

    /// Changes the text of a key in one transaction: no other tab writes between the look and the writing.
    async fn change<T>(
        &self,
        key: &str,
        change: impl FnOnce(Option<&str>) -> Result<(String, T), DrawError>,
    ) -> Result<Result<T, DrawError>, Error> {
        let (transaction, store) = self.0.begin(TransactionMode::ReadWrite).await?;
        let found = store.get(self.0.key(key))?.await?;
        // What is there and no text is damaged, not absent.
        let text = found.map(|value| value.as_string().unwrap_or_default());
        let (text, done) = match change(text.as_deref()) {
            Ok(changed) => changed,
            Err(refused) => return Ok(Err(refused)),
        };
        store.put(&text.into(), Some(&self.0.key(key)))?.await?;
        transaction.commit()?.await?;
        Ok(Ok(done))
    }

    /// What a run drew that was suspended, if it still holds it.
    async fn check(&self, terms: &Terms, allowance: &Allowance) -> Result<Result<Allowance, DrawError>, Error> {
        let not_held = || DrawError::NotHeld(allowance.hold.clone());
        let Some(key) = held_at(terms.policy(), &allowance.hold) else { return Ok(Err(not_held())) };
        self.change(&key, |text| {
            let book = DayBook::read(&key, text)?;
            let held = book.holds.get(&allowance.hold).filter(|held| held.amount == allowance.amount);
            held.ok_or_else(not_held)?;
            Ok((book.text(), allowance.clone()))
        })
        .await
    }
}
