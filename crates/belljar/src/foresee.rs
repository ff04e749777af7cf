//! Rehearsing a tool: it runs, and nothing outside is changed. What it asks for becomes a plan.
//!
//! Answers of servers come from recordings, or from the policy's own. Keys and files are read as they are; a key that is written is kept
//! for the rehearsal alone, and a file that would be written stays as it is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use belljar_core::abi::{Failure, FilesRequest, FilesResponse, HttpResponse, KvChange, KvItem, Response};
use belljar_core::daybook::Allowance;
use belljar_core::effects::{Keys, KeysError, Others, Quota};
use belljar_core::{
    Answer, Answerer, Ask as _, FilesAct, HttpAct, HttpAsked, InputError, Permit, Plan, Question, Receipt, Recording,
    Report, Run, Setup, Stop, sha256,
};

use crate::Belljar;
use crate::ask::Asker;
use crate::guest;
use crate::run::{HOST, RunOptions};
use crate::tool::Tool;

/// What a rehearsal is answered.
///
/// ```
/// use belljar::{Answers, Belljar, Policy, RunOptions};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let jar = Belljar::builder().no_cache().build()?;
/// let tool = jar.load("keep.js", b"export default () => belljar.kv.set('a', 'x')")?;
/// let policy = Policy::parse("version = 1\n[kv]\nask = [\"a\"]\n")?;
/// let (report, plan) = jar.rehearse_blocking(&tool, "{}", RunOptions::with_policy(policy), Answers::default())?;
/// assert_eq!((report.output.as_deref(), plan.requests.len()), (Some("null"), 1));
/// assert!(plan.requests[0].is_asked);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Answers(BTreeMap<HttpAsked, Result<HttpResponse, Failure>>);

impl Answers {
    /// Adds what servers answered in a recorded run; of several answers to one request the last counts.
    pub fn add(&mut self, recording: &Recording) {
        for (asked, answer) in recording.http_answers() {
            match answer {
                Ok(Response::Http(response)) => drop(self.0.insert(asked, Ok(response))),
                Err(failure) => drop(self.0.insert(asked, Err(failure))),
                Ok(_) => {}
            }
        }
    }
}

/// A rehearsal under way.
#[derive(Debug)]
pub(crate) struct Stage {
    answers: Answers,
    written: Mutex<Written>,
}

/// Keys that were written, by namespace and key; nothing where one was deleted.
type Written = BTreeMap<(String, String), Option<Vec<u8>>>;

/// What an act came to.
type Performed = (Receipt, Result<Response, Failure>);

impl Stage {
    /// Answers a request to a server.
    pub(crate) fn http(&self, permit: Permit<HttpAct>) -> Performed {
        let most = permit.most();
        let (act, receipt) = permit.spend();
        let what = act.request.describe();
        let asked = (what.clone(), act.request.body.as_deref().map(sha256));
        let answer = self.answers.0.get(&asked).cloned().unwrap_or_else(|| {
            Err(Failure::Other(format!(
                "{what}: nothing is sent in a rehearsal, and no recording has an answer to it (--from RECORDING), nor has the policy"
            )))
        });
        let answer = answer.and_then(|response| match response.body.len() as u64 {
            size if size > most => Err(Failure::TooLarge(format!("{what}: the answer has {size} bytes"))),
            _ => Ok(Response::Http(HttpResponse { url: act.url.to_string(), ..response })),
        });
        (receipt, answer)
    }

    /// Whether an act on files only reads.
    pub(crate) fn reads(permit: &Permit<FilesAct>) -> bool {
        matches!(permit.act().request, FilesRequest::Read(_) | FilesRequest::List(_) | FilesRequest::Stat(_))
    }

    /// What is answered to an act that would change a file.
    pub(crate) fn files(permit: Permit<FilesAct>) -> Performed {
        (permit.spend().1, Ok(Response::Files(FilesResponse::Done(()))))
    }

    /// The keys of a namespace, with what was written here.
    pub(crate) fn keys<K: Keys>(self: &Arc<Self>, namespace: String, under: K) -> Overlay<K> {
        Overlay { stage: self.clone(), namespace, under }
    }
}

/// Keys that are read as they are, and written here alone.
pub(crate) struct Overlay<K> {
    stage: Arc<Stage>,
    namespace: String,
    under: K,
}

impl<K> Overlay<K> {
    fn write(&self, key: String, value: Option<Vec<u8>>) {
        let mut written = self.stage.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.insert((self.namespace.clone(), key), value);
    }

    fn written(&self, key: &str) -> Option<Option<Vec<u8>>> {
        let written = self.stage.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.get(&(self.namespace.clone(), key.to_owned())).cloned()
    }
}

impl<K: Keys> Keys for Overlay<K> {
    async fn get(&self, key: String, most: u64) -> Result<Option<Vec<u8>>, KeysError> {
        match self.written(&key) {
            Some(Some(value)) if value.len() as u64 > most => Err(KeysError::TooLarge(value.len() as u64)),
            Some(value) => Ok(value),
            None => self.under.get(key, most).await,
        }
    }

    async fn set(&self, item: KvItem, quota: Quota) -> Result<(), KeysError> {
        // Whether what is there leaves room is for the run itself to find out.
        quota.admits(Others::default(), &item.key, &item.value)?;
        self.write(item.key, Some(item.value));
        Ok(())
    }

    async fn delete(&self, key: String) -> Result<(), KeysError> {
        self.write(key, None);
        Ok(())
    }

    async fn replace(&self, change: KvChange, quota: Quota) -> Result<bool, KeysError> {
        // A rehearsal is one run, and nothing else writes here.
        if self.get(change.key.clone(), u64::MAX).await? != change.expected {
            return Ok(false);
        }
        match change.value {
            Some(value) => self.set(KvItem { key: change.key, value }, quota).await?,
            None => self.delete(change.key).await?,
        }
        Ok(true)
    }

    async fn list(&self, prefix: String, after: String, most: usize) -> Result<Vec<String>, KeysError> {
        let taken = self.stage.written.lock().unwrap_or_else(PoisonError::into_inner).len();
        // What was taken away here makes room for others.
        let mut found = self.under.list(prefix.clone(), after.clone(), most.saturating_add(taken)).await?;
        let written = self.stage.written.lock().unwrap_or_else(PoisonError::into_inner);
        for ((namespace, key), value) in written.iter() {
            if *namespace == self.namespace && key.starts_with(&prefix) && *key > after {
                found.retain(|there| there != key);
                found.extend(value.is_some().then(|| key.clone()));
            }
        }
        found.sort_unstable();
        found.truncate(most);
        Ok(found)
    }
}

/// Says yes to everything, because nothing is done.
struct Willing;

impl Asker for Willing {
    fn ask(&self, question: Question) -> std::pin::Pin<Box<dyn Future<Output = Answer> + Send>> {
        let answer = match &question.human {
            // What a person would say is not known; the first choice is one that they can make.
            Some(human) => match human.choices.first() {
                Some(text) => Answer::Said { who: Answerer::inbox("the rehearsal"), text: text.clone() },
                None => Answer::Nobody { why: "nobody is asked in a rehearsal".into() },
            },
            None => Answer::Once { who: Answerer::inbox("the rehearsal") },
        };
        Box::pin(std::future::ready(answer))
    }
}

impl Belljar {
    /// Runs a tool without changing anything outside, and writes down what it asks for: the plan, which a person can approve
    /// ([`belljar_core::Terms::with_plan`]). Everything that the policy asks about is answered with yes. Secrets need no values.
    ///
    /// # Errors
    ///
    /// If the input does not fit.
    pub async fn rehearse(
        &self,
        tool: &Tool,
        input: &str,
        mut options: RunOptions,
        answers: Answers,
    ) -> Result<(Report, Plan), InputError> {
        let contract = &tool.0.contract;
        let input = contract.accept_input(input)?;
        let policy = options.terms.policy().clone();
        let (digest, spend) = (policy.digest(), policy.limits.spend.clone());
        let terms = Arc::new(belljar_core::Terms::from(policy).rehearsing());
        options.asker = Arc::new(Willing);
        options.suspender = None;
        let mut plan = Plan {
            tool: tool.identity().0,
            policy: digest,
            input: sha256(input.as_bytes()),
            currency: spend.as_ref().map(|(_, currency)| currency.clone()),
            fuel: 0,
            requests: Vec::new(),
            called: Vec::new(),
        };
        let mut seed = [0; 32];
        if let Err(error) = getrandom::fill(&mut seed) {
            let stop = Stop::Host(format!("the system gives no randomness: {error}"));
            return Ok((Report::unstarted(&stop), plan));
        }
        let setup = Setup { contract, input: &input, host: HOST, now: guest::wall(), seed };
        // Nothing is spent, so that nothing is drawn of a day's money.
        let drawn = terms.policy().limits.per_day.as_ref().zip(spend);
        let drawn = drawn.map(|(_, (amount, _))| Allowance { hold: "rehearsal".into(), amount });
        let (mut conditions, log) = options.split(tool, &terms, self);
        conditions.world.stage = Some(Arc::new(Stage { answers, written: Mutex::default() }));
        let run = match Run::start_with(setup, terms, log, drawn.as_ref()) {
            Ok(run) => run,
            Err(stop) => return Ok((Report::unstarted(&stop), plan)),
        };
        let planned = run.written_down();
        let report = self.drive_to_end(tool, &input, run, conditions).await;
        plan.fuel = report.usage.fuel;
        (plan.requests, plan.called) = planned.take();
        Ok((report, plan))
    }

    /// [`Belljar::rehearse`] without a runtime around it.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn rehearse_blocking(
        &self,
        tool: &Tool,
        input: &str,
        options: RunOptions,
        answers: Answers,
    ) -> Result<(Report, Plan), InputError> {
        let cancel = options.cancel.clone();
        let rehearsed = crate::run::interruptible(cancel, self.rehearse(tool, input, options, answers));
        rehearsed.unwrap_or_else(|stop| {
            let none = [0; 32];
            let (requests, called) = (Vec::new(), Vec::new());
            let plan = Plan { tool: none, policy: none, input: none, currency: None, fuel: 0, requests, called };
            Ok((Report::unstarted(&stop), plan))
        })
    }
}
