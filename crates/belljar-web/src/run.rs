//! A run in a page: the pump between its session, the cell that holds its guest, and what the page can do.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use belljar_admit::Origin;
use belljar_core::abi::{KvRequest, Moment, Ticket};
use belljar_core::effects;
use belljar_core::{
    Act, Answer, CellSession, Event, Exit, Instruction, Now, Permit, QuestionId, Recorder, Run, Session, Setup, Stop,
    wire,
};
use gloo_timers::callback::Timeout;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::effects::files::Folder;
use crate::effects::kv::Namespace;
use crate::listener::{self, Listener, sink};
use crate::policy::Grants;
use crate::recording::{Recorded, Source};
use crate::report;
use crate::tool::Tool;

/// What the log calls this host.
const HOST: &str = "browser";

/// Where a run's files and keys are.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Stores {
    folder: Folder,
    database: String,
    namespace: Option<String>,
}

#[wasm_bindgen]
impl Stores {
    /// A folder, an IndexedDB database, and whose keys of it are seen: the tool's own unless it says something else.
    #[wasm_bindgen(constructor)]
    pub fn new(folder: &Folder, database: String, namespace: Option<String>) -> Stores {
        Stores { folder: folder.clone(), database, namespace }
    }
}

impl Stores {
    fn of(self, tool: &Tool) -> (Folder, Namespace) {
        let namespace = self.namespace.unwrap_or_else(|| tool.identity_hex());
        (self.folder, Namespace::new(&self.database, &namespace))
    }
}

/// Where a run acts and whom it tells.
struct Place {
    listener: Rc<Listener>,
    folder: Folder,
    keys: Namespace,
    /// Keeps what a recording needs, if the run is recorded.
    recorder: Option<Recorder>,
}

/// A run in progress.
#[wasm_bindgen]
#[derive(Clone)]
pub struct Running(Rc<Inner>);

struct Inner {
    place: Place,
    /// Until the run ends.
    session: RefCell<Option<CellSession>>,
    /// Wakes the session.
    alarm: RefCell<Option<Timeout>>,
    contract: Rc<belljar_core::Contract>,
    origin: Option<Rc<Origin>>,
    /// It was ended by somebody else than the tool.
    abandoned: Cell<bool>,
    /// Acts on keys are performed one after the other, in the order of their requests.
    queue: RefCell<VecDeque<Permit<KvRequest>>>,
    busy: Cell<bool>,
}

#[wasm_bindgen]
impl Running {
    /// Starts a run: writes its first entry, and sends the cell its setup.
    pub fn start(
        tool: &Tool,
        input: &str,
        grants: &Grants,
        stores: Stores,
        source: Option<Source>,
        listener: Listener,
    ) -> Result<Running, JsError> {
        let contract = &tool.contract;
        let input = contract.accept_input(input)?;
        let (folder, keys) = stores.of(tool);
        let listener = Rc::new(listener);
        let policy = grants.0.policy();
        let recorder = source.map(|Source { file, bytes }| Recorder::new(&input, policy, file, bytes)).transpose()?;
        let mut seed = [0; 32];
        random(&mut seed)?;
        let setup = Setup { contract, input: &input, host: HOST, now: now().wall, seed };
        let run = Run::start(setup, grants.0.clone(), sink(&listener, recorder.as_ref()))
            .map_err(|stop| JsError::new(&stop.to_string()))?;
        Ok(Self::begin(tool, input, run, 0, Place { listener, folder, keys, recorder }))
    }

    /// Runs a recorded run again, without performing anything.
    pub fn replay(tool: &Tool, recorded: &Recorded, grants: &Grants, listener: Listener) -> Result<Running, JsError> {
        let listener = Rc::new(listener);
        let recording = &recorded.0;
        let run = Run::replay(&tool.contract, recording.clone(), grants.0.clone(), sink(&listener, None))?;
        let place = Place { listener, folder: Folder::new(), keys: Namespace::new("", ""), recorder: None };
        let until = recording.ended_from_outside().unwrap_or_default();
        Ok(Self::begin(tool, recording.parts().input.clone(), run, until, place))
    }

    /// Resumes a run that was suspended, as it is then: recorded.
    pub fn resume(
        tool: &Tool,
        recorded: &Recorded,
        grants: &Grants,
        stores: Stores,
        listener: Listener,
    ) -> Result<Running, JsError> {
        let listener = Rc::new(listener);
        let recording = &recorded.0;
        let recorder = Some(Recorder::again(recording));
        let sink = sink(&listener, recorder.as_ref());
        let run = Run::resume(&tool.contract, recording.clone(), grants.0.clone(), sink)?;
        let (folder, keys) = stores.of(tool);
        Ok(Self::begin(tool, recording.parts().input.clone(), run, 0, Place { listener, folder, keys, recorder }))
    }

    fn begin(tool: &Tool, input: String, run: Run, until: u64, place: Place) -> Self {
        let memory = run.policy().limits.memory;
        let session = CellSession::new(Session::new(run, false, now()));
        let setup = if u64::from(tool.code.initial_pages) > memory >> 16 {
            Err(Stop::Protocol(belljar_core::starts_too_large(tool.code.initial_pages, memory)))
        } else {
            session.setup(tool.program.clone(), input, until)
        };
        let running = Running(Rc::new(Inner {
            place,
            session: RefCell::new(Some(session)),
            alarm: RefCell::default(),
            contract: tool.contract.clone(),
            origin: tool.origin.clone(),
            abandoned: Cell::new(false),
            queue: RefCell::default(),
            busy: Cell::new(false),
        }));
        match setup {
            Ok(bytes) => running.0.place.listener.send(Uint8Array::from(bytes.as_slice())),
            Err(stop) => running.stop(stop),
        }
        running.happened(|_| Ok(()));
        running
    }

    /// The recording of a run that has ended; nothing if it was not recorded.
    pub fn recording(&self) -> Result<Option<Uint8Array>, JsError> {
        let Some(recorder) = &self.0.place.recorder else { return Ok(None) };
        Ok(Some(Uint8Array::from(recorder.finish()?.as_slice())))
    }

    /// Suspends a run that waits for a person: it ends here, and what is returned can be resumed.
    pub fn suspend(&self) -> Result<Uint8Array, JsError> {
        let Some(recorder) = &self.0.place.recorder else {
            return Err(JsError::new("only a run that is recorded can be suspended"));
        };
        let suspended = self.with(|session| session.session().suspended(recorder, None, now()));
        let bytes = suspended.ok_or_else(|| JsError::new("the run has ended"))??;
        // Before it ends: what it is suspended in must be there.
        let bytes = Uint8Array::from(bytes.as_slice());
        self.stop(Stop::Suspended);
        Ok(bytes)
    }

    /// The cell said something. It is not trusted: whatever it says is checked and judged.
    pub fn receive(&self, bytes: &[u8]) {
        let heard = self.with(|session| {
            let exit = session.hear(bytes, now());
            (exit, session.spent())
        });
        let Some((exit, spent)) = heard else { return };
        self.0.place.listener.usage(spent.fuel as f64, u32::try_from(spent.pages).unwrap_or(u32::MAX));
        match exit {
            Ok(None) => self.happened(|_| Ok(())),
            Ok(Some(exit)) => {
                // What it asked for before it ended is performed.
                self.happened(|_| Ok(()));
                self.end(exit, true);
            }
            Err(stop) => self.stop(stop),
        }
    }

    /// The cell itself failed: its worker ended, or its code does not compile.
    pub fn broke(&self, message: &str) {
        self.stop(Stop::Host(message.to_owned()));
    }

    /// `who` answered a question. What is not the JSON of a [`wire::Answer`] is taken for nobody's.
    pub fn answer(&self, question: Asking, answer: &str, who: String) {
        let answer = match serde_json::from_str::<wire::Answer>(answer) {
            Ok(answer) => answer.by(who),
            Err(error) => Answer::Nobody { why: format!("what was answered is no answer: {error}") },
        };
        self.happened(|session| session.on(Event::Answer(question.0, answer), now()));
    }

    /// Cancels the run.
    pub fn cancel(&self) {
        self.stop(Stop::Cancelled);
    }
}

/// Which question is answered.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug)]
pub struct Asking(QuestionId);

#[wasm_bindgen]
impl Asking {
    /// By the run's id, the ticket and the digest, as the question has them.
    #[wasm_bindgen(constructor)]
    pub fn new(run: &str, ticket: Ticket, digest: &str) -> Result<Asking, JsError> {
        let run = run.parse().map_err(JsError::new)?;
        let digest = belljar_core::parse_hex(digest)
            .ok_or_else(|| JsError::new("a question's digest is 64 lower-case hexadecimal digits"))?;
        Ok(Asking(QuestionId { run, ticket, digest }))
    }
}

impl Running {
    fn with<T>(&self, act: impl FnOnce(&mut CellSession) -> T) -> Option<T> {
        self.0.session.borrow_mut().as_mut().map(act)
    }

    /// Something happened; then what the session says is carried out.
    fn happened(&self, event: impl FnOnce(&mut CellSession) -> Result<(), Stop>) {
        let pumped = match self.with(event) {
            Some(Ok(())) => self.pump(),
            Some(Err(stop)) => Err(stop),
            None => Ok(()),
        };
        if let Err(stop) = pumped {
            self.stop(stop);
        }
    }

    /// Carries out what the session says.
    fn pump(&self) -> Result<(), Stop> {
        while let Some(what) = self.with(CellSession::next_instruction).transpose()?.flatten() {
            match what {
                Instruction::Perform(act) => self.perform(act)?,
                Instruction::Ask(question) => {
                    let shown = self.with(|session| {
                        let content = session.session().run().payload(question.id.ticket);
                        listener::show(&self.0.place.listener, &question, content)
                    });
                    shown.transpose()?;
                }
                Instruction::Reject(id, why) => {
                    self.0.place.listener.rejected(id.ticket, &why.to_string());
                    if let Some(answer) = why.instead() {
                        let answer = Event::Answer(id, answer);
                        self.with(|session| session.on(answer, now())).unwrap_or(Ok(()))?;
                    }
                }
                Instruction::GoOn(bytes) => self.0.place.listener.send(Uint8Array::from(bytes.as_slice())),
                Instruction::WakeAt(moment) => self.wake_at(moment),
                // A page keeps a run when a person wants that.
                Instruction::Keep { .. } | Instruction::Forget => {}
            }
        }
        Ok(())
    }

    fn wake_at(&self, moment: Option<Duration>) {
        let alarm = moment.map(|moment| {
            let running = self.clone();
            let wait = milliseconds(moment.saturating_sub(now().steady)).ceil().min(f64::from(i32::MAX)) as u32;
            Timeout::new(wait, move || {
                // A timer must not be dropped while it calls.
                if let Some(alarm) = running.0.alarm.borrow_mut().take() {
                    alarm.forget();
                }
                running.happened(|session| session.on(Event::Woke, now()));
            })
        });
        *self.0.alarm.borrow_mut() = alarm;
    }

    /// Performs what is permitted.
    fn perform(&self, act: Act) -> Result<(), Stop> {
        match act {
            Act::Files(permit) => {
                let (running, tree) = (self.clone(), self.0.place.folder.tree());
                let act = Box::pin(async move { effects::files::perform(permit, &*tree).await });
                match effects::at_once(act) {
                    Ok((receipt, result)) => {
                        self.with(|session| session.on(Event::Result(receipt, result), now())).unwrap_or(Ok(()))
                    }
                    Err(act) => {
                        wasm_bindgen_futures::spawn_local(async move {
                            let (receipt, result) = act.await;
                            running.happened(|session| session.on(Event::Result(receipt, result), now()));
                        });
                        Ok(())
                    }
                }
            }
            Act::Kv(permit) => {
                self.0.queue.borrow_mut().push_back(permit);
                if !self.0.busy.replace(true) {
                    let running = self.clone();
                    wasm_bindgen_futures::spawn_local(async move { running.work().await });
                }
                Ok(())
            }
        }
    }

    async fn work(&self) {
        loop {
            let next = self.0.queue.borrow_mut().pop_front();
            let Some(permit) = next else { break };
            // What was permitted is done also if the tool has returned without waiting for it, as on the server.
            if self.0.abandoned.get() {
                break;
            }
            let (receipt, result) = effects::kv::perform(permit, &self.0.place.keys).await;
            self.happened(|session| session.on(Event::Result(receipt, result), now()));
        }
        self.0.busy.set(false);
    }

    fn stop(&self, stop: Stop) {
        self.end(Exit::Stopped(stop), false);
    }

    fn end(&self, exit: Exit, itself: bool) {
        let Some(session) = self.0.session.borrow_mut().take() else { return };
        self.0.abandoned.set(!itself);
        *self.0.alarm.borrow_mut() = None;
        let exit = match (exit, &self.0.origin) {
            (Exit::Fault(mut fault), Some(origin)) => {
                fault.stack = origin.map(&fault.stack);
                fault.message = origin.map(&fault.message);
                Exit::Fault(fault)
            }
            (exit, _) => exit,
        };
        let (session, spent) = session.into_parts();
        let report = session.end(&self.0.contract, exit, spent, now());
        match report::show(&report) {
            Ok(shown) => self.0.place.listener.done(shown, itself),
            Err(error) => self.0.place.listener.done(error, false),
        }
    }
}

/// The page's clocks.
fn now() -> Now {
    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance, js_name = now)]
        fn performance_now() -> f64;
    }
    let steady = Duration::try_from_secs_f64(performance_now() / 1e3).unwrap_or_default();
    Now { wall: (js_sys::Date::now() * 1e6) as Moment, steady }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Real randomness of the browser.
fn random(seed: &mut [u8; 32]) -> Result<(), JsError> {
    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues, catch)]
        fn get_random_values(bytes: &Uint8Array) -> Result<JsValue, JsValue>;
    }
    let bytes = Uint8Array::new_with_length(32);
    get_random_values(&bytes).map_err(|_| JsError::new("the browser gives no randomness"))?;
    bytes.copy_to(seed);
    Ok(())
}
