//! A run in a page: the core's [`Run`], what it permits, and what the cell says.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

use belljar_admit::Origin;
use belljar_core::abi::cell::{self, Answer, End, Event, Message, Settled, Setup, Wait};
use belljar_core::abi::{Failure, Moment, Ticket};
use belljar_core::remote;
use belljar_core::{
    Act, Answer as PersonsAnswer, Capability, Exit, LogError, LogSink, Meter, Question, QuestionId, Receipt, Recorder,
    Request, Response, Run, Setup as RunSetup, Spent, Stop, Trap, Verdict, Waited,
};
use belljar_policy::Policy;
use gloo_timers::callback::Timeout;
use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::effects::files::{self, Folder};
use crate::effects::kv::{self, Keys};
use crate::policy::Grants;
use crate::recording::{Recorded, Source};
use crate::report;
use crate::tool::Tool;

/// What the log calls this host.
const HOST: &str = "browser";

/// Bytes of what a request carries that a person is shown (1 MiB): more is not read, and would be copied for each question.
const CONTENT: usize = 1 << 20;

/// The time of a replay, which does not wait for anything.
const FOREVER: Duration = Duration::from_secs(86_400);

#[wasm_bindgen]
extern "C" {
    /// What a run tells the script of.
    pub type Listener;
    /// Bytes for the cell.
    #[wasm_bindgen(method)]
    fn send(this: &Listener, bytes: Uint8Array);
    /// A line of the log, without its newline.
    #[wasm_bindgen(method)]
    fn log(this: &Listener, line: &str);
    /// A person is asked.
    #[wasm_bindgen(method)]
    fn question(this: &Listener, question: JsValue);
    /// What was used so far: fuel, pages.
    #[wasm_bindgen(method)]
    fn usage(this: &Listener, fuel: f64, pages: u32);
    /// The run ended; `itself` says whether the guest did, so that its cell is idle.
    #[wasm_bindgen(method)]
    fn done(this: &Listener, report: JsValue, itself: bool);
}

/// Lines go to the script, which keeps them.
struct Lines(Rc<Listener>);

// SAFETY: a page's WebAssembly has one thread, and nothing here is sent to a worker: a worker's module has a memory of
// its own.
#[expect(unsafe_code, reason = "the core asks for a sink that may move between threads; here there is only one")]
unsafe impl Send for Lines {}

impl LogSink for Lines {
    fn append(&mut self, line: &str) -> Result<(), LogError> {
        self.0.log(line.trim_end_matches('\n'));
        Ok(())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    ticket: Ticket,
    tool: &'a str,
    identity: String,
    capability: &'static str,
    request: &'a str,
    payload: u64,
    rule: &'a str,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    choices: Option<&'a [String]>,
}

/// What the guest waits for.
enum Waiting {
    Nothing,
    Wait(Wait),
    Take(Ticket, Capability),
}

struct State {
    run: Option<Run>,
    waiting: Waiting,
    told: HashSet<Ticket>,
    spent: Spent,
    timer: Option<Timeout>,
    deadline: Option<Timeout>,
    /// Milliseconds of the run's time that are left, and since when they pass.
    left: f64,
    since: f64,
}

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
    fn of(self, tool: &Tool) -> (Folder, Rc<Keys>) {
        let namespace = self.namespace.unwrap_or_else(|| tool.identity_hex());
        (self.folder, Keys::new(&self.database, &namespace))
    }
}

/// How long a run may take.
struct Span {
    /// What is left of its time.
    left: Duration,
    /// The fuel at which it ends, if it repeats one that was ended from outside; else 0.
    until: u64,
    /// It repeats a run that was put away first; its time passes from where it goes on by itself.
    repeats: bool,
}

/// Where a run acts and whom it tells.
struct Place {
    listener: Rc<Listener>,
    folder: Folder,
    keys: Rc<Keys>,
    recorder: Option<Recorder>,
}

/// Where the lines of the log go.
fn sink(listener: &Rc<Listener>, recorder: Option<&Recorder>) -> Box<dyn LogSink> {
    let lines = Box::new(Lines(listener.clone()));
    match recorder {
        Some(recorder) => recorder.log(lines),
        None => lines,
    }
}

/// A run in progress.
#[wasm_bindgen]
#[derive(Clone)]
pub struct Running(Rc<Inner>);

struct Inner {
    state: RefCell<State>,
    listener: Rc<Listener>,
    contract: Rc<belljar_core::Contract>,
    origin: Option<Rc<Origin>>,
    folder: Folder,
    keys: Rc<Keys>,
    ended: Cell<bool>,
    /// It was ended by somebody else than the tool.
    abandoned: Cell<bool>,
    /// It repeats a run that was put away, and its time does not pass yet.
    repeats: Cell<bool>,
    /// Keeps what a recording needs, if the run is recorded.
    recorder: Option<Recorder>,
    /// Acts on keys are performed one after the other, in the order of their requests.
    queue: RefCell<std::collections::VecDeque<belljar_core::Permit<belljar_core::abi::KvRequest>>>,
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
        let setup = RunSetup { contract, input: &input, host: HOST, now: now(), seed };
        let run = Run::start(setup, grants.0.clone(), sink(&listener, recorder.as_ref()))
            .map_err(|stop| JsError::new(&stop.to_string()))?;
        let left = policy.limits.time;
        let place = Place { listener, folder, keys, recorder };
        Ok(Self::begin_in(tool, input, run, policy, Span { left, until: 0, repeats: false }, place))
    }

    /// Runs a recorded run again, without performing anything.
    pub fn replay(tool: &Tool, recorded: &Recorded, grants: &Grants, listener: Listener) -> Result<Running, JsError> {
        let listener = Rc::new(listener);
        let recording = &recorded.0;
        let run = Run::replay(&tool.contract, recording.clone(), grants.0.clone(), sink(&listener, None))?;
        let place = Place { listener, folder: Folder::new(), keys: Keys::new("", ""), recorder: None };
        let until = recording.ended_from_outside().unwrap_or_default();
        let input = recording.parts().input.clone();
        // Time is not limited: nothing is waited for.
        let span = Span { left: FOREVER, until, repeats: false };
        Ok(Self::begin_in(tool, input, run, grants.0.policy(), span, place))
    }

    /// Takes up a run that was put away, as it is then: recorded.
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
        let place = Place { listener, folder, keys, recorder };
        let left = recording.time_left(&grants.0.policy().limits);
        let input = recording.parts().input.clone();
        let span = Span { left, until: 0, repeats: true };
        Ok(Self::begin_in(tool, input, run, grants.0.policy(), span, place))
    }

    /// The recording of a run that has ended; nothing if it was not recorded.
    pub fn recording(&self) -> Result<Option<Uint8Array>, JsError> {
        let Some(recorder) = &self.0.recorder else { return Ok(None) };
        Ok(Some(Uint8Array::from(recorder.finish()?.as_slice())))
    }

    /// Puts away a run that waits for a person: it ends here, and what is returned can be taken up.
    pub fn suspend(&self) -> Result<Uint8Array, JsError> {
        let Some(recorder) = &self.0.recorder else {
            return Err(JsError::new("only a run that is recorded can be put away"));
        };
        if !matches!(self.0.state.borrow().waiting, Waiting::Wait(_)) {
            return Err(JsError::new("a run can be put away while the tool waits, and it does not wait now"));
        }
        let left = self.0.left();
        let bytes = self
            .with(|run| recorder.suspended(run, left as u64, None))
            .ok_or_else(|| JsError::new("the run has ended"))??;
        // Before it ends: what it is put away in must be there.
        let bytes = Uint8Array::from(bytes.as_slice());
        self.stop(Stop::Suspended);
        Ok(bytes)
    }

    /// The cell said something. It is not trusted: whatever it says is checked and judged.
    pub fn receive(&self, bytes: &[u8]) {
        if self.0.ended.get() {
            return;
        }
        let received = match cell::unpack::<Message>(bytes) {
            Ok(message) => self.heed(message),
            Err(fault) => Err(Stop::Protocol(format!("the cell sent what is no message: {fault}"))),
        };
        match received {
            Ok(None) => self.poll(),
            Ok(Some(exit)) => self.end(exit, true),
            Err(stop) => self.stop(stop),
        }
    }

    /// The cell itself failed: its worker ended, or its code does not compile.
    pub fn broke(&self, message: &str) {
        self.stop(Stop::Host(message.to_owned()));
    }

    /// A person answered a question, which is named by its ticket and by its digest: "once", "rule", "no", "said" with the
    /// text, or "nobody" with the reason.
    pub fn answer(&self, ticket: Ticket, digest: &str, answer: &str, who: String, text: String) {
        let answer = match answer {
            "said" => PersonsAnswer::Said { who, text },
            "once" => PersonsAnswer::Once { who },
            "rule" => PersonsAnswer::Rule { who },
            "no" => PersonsAnswer::No { who },
            _ => PersonsAnswer::Nobody { why: who },
        };
        // What is no digest is not that of any question.
        let digest = belljar_core::parse_hex(digest).unwrap_or_default();
        let answered = self.with(|run| {
            let id = QuestionId { run: run.id(), ticket, digest };
            // Whoever answers in this page answers what was asked here.
            run.answer(&id, answer, now())?.map_err(|not_taken| Stop::Host(not_taken.to_string()))
        });
        self.resume_time();
        match answered {
            Some(Ok(Some(act))) => {
                self.begin(act);
                self.poll();
            }
            Some(Ok(None)) => self.poll(),
            Some(Err(stop)) => self.stop(stop),
            None => {}
        }
    }

    /// Cancels the run.
    pub fn cancel(&self) {
        self.stop(Stop::Cancelled);
    }
}

impl Inner {
    /// Milliseconds of the run's time that are left.
    fn left(&self) -> f64 {
        let state = self.state.borrow();
        let passed = if state.deadline.is_some() { js_sys::Date::now() - state.since } else { 0.0 };
        (state.left - passed).max(0.0)
    }
}

impl Running {
    fn begin_in(tool: &Tool, input: String, run: Run, policy: &Policy, span: Span, place: Place) -> Self {
        let Span { left, until, repeats } = span;
        let limits = &policy.limits;
        let Place { listener, folder, keys, recorder } = place;
        let setup = Setup {
            program: tool.program.clone(),
            until,
            seed: run.seed().to_vec(),
            now: run.now(),
            fuel: Meter::new(limits.fuel).0.budget(),
            pages: u32::try_from(limits.memory >> 16).unwrap_or(u32::MAX),
            output: limits.output,
            console: limits.log,
            artifacts: limits.artifacts,
            calls: limits.calls,
            input,
        };
        let state = State {
            run: Some(run),
            waiting: Waiting::Nothing,
            told: HashSet::new(),
            spent: Spent::default(),
            timer: None,
            deadline: None,
            left: milliseconds(left),
            since: js_sys::Date::now(),
        };
        let running = Running(Rc::new(Inner {
            state: RefCell::new(state),
            listener,
            contract: tool.contract.clone(),
            origin: tool.origin.clone(),
            folder,
            keys,
            recorder,
            ended: Cell::new(false),
            abandoned: Cell::new(false),
            repeats: Cell::new(repeats),
            queue: RefCell::default(),
            busy: Cell::new(false),
        }));
        if u64::from(tool.code.initial_pages) > limits.memory >> 16 {
            running.stop(Stop::Protocol(belljar_core::starts_too_large(tool.code.initial_pages, limits.memory)));
            return running;
        }
        match cell::pack(&setup) {
            Ok(bytes) => running.0.listener.send(Uint8Array::from(bytes.as_slice())),
            Err(fault) => running.stop(Stop::Host(fault.to_string())),
        }
        if !repeats {
            running.resume_time();
        }
        running
    }

    fn with<T>(&self, act: impl FnOnce(&mut Run) -> T) -> Option<T> {
        self.0.state.borrow_mut().run.as_mut().map(act)
    }

    /// Takes in what happened in the cell; an exit if the guest ended.
    fn heed(&self, message: Message) -> Result<Option<Exit>, Stop> {
        let Message { events, fuel, pages, refused, dropped } = message;
        self.0.state.borrow_mut().spent = Spent { fuel, pages: pages.into(), memory_refused: refused > 0 };
        self.0.listener.usage(fuel as f64, pages);
        let exit = self.judge(events)?;
        // Lines are dropped only after those that were kept.
        self.run(|run| {
            run.console_dropped(dropped);
            Ok(())
        })?;
        Ok(exit)
    }

    /// Judges what the cell tells, in its order.
    fn judge(&self, events: Vec<Event>) -> Result<Option<Exit>, Stop> {
        for event in events {
            let request = match event {
                Event::Console(line) => {
                    self.run(|run| run.console(line.level, line.text))?;
                    continue;
                }
                Event::Artifact(artifact) => {
                    // The cell was told the same.
                    let _told = self.run(|run| run.artifact(artifact.name, artifact.media_type, artifact.bytes))?;
                    continue;
                }
                Event::ArtifactsFull(()) => {
                    self.run(|run| {
                        run.artifacts_full();
                        Ok(())
                    })?;
                    continue;
                }
                Event::Loading(loading) => {
                    self.run(|run| {
                        run.set_loading(loading > 0);
                        Ok(())
                    })?;
                    continue;
                }
                Event::Took(take) => {
                    let capability = capability(take.capability)?;
                    let _handed = self.run(|run| run.take(take.ticket, capability))?;
                    continue;
                }
                Event::Take(take) => {
                    self.wait_for(Waiting::Take(take.ticket, capability(take.capability)?));
                    continue;
                }
                Event::Wait(wait) => {
                    self.wait_for(Waiting::Wait(wait));
                    continue;
                }
                Event::End(end) => return Ok(Some(exit(end))),
                Event::Kv(request) => Request::Kv(request),
                Event::Files(request) => Request::Files(request),
                Event::Http(request) => Request::Http(request),
                Event::Tools(request) => Request::Tools(request),
                Event::Human(request) => Request::Human(request),
            };
            match self.run(|run| run.request(request))? {
                (_, Verdict::Permit(act)) => self.begin(act),
                (_, Verdict::Ask(question)) => self.ask(&question)?,
                (_, Verdict::Settled) => {}
            }
        }
        Ok(None)
    }

    fn run<T>(&self, act: impl FnOnce(&mut Run) -> Result<T, Stop>) -> Result<T, Stop> {
        self.with(act).unwrap_or_else(|| Err(Stop::Host("the run has ended".into())))
    }

    fn wait_for(&self, waiting: Waiting) {
        self.0.state.borrow_mut().waiting = waiting;
    }

    fn ask(&self, question: &Question) -> Result<(), Stop> {
        let asked = Asked {
            ticket: question.id.ticket,
            tool: &question.tool,
            identity: belljar_core::hex(&question.identity),
            capability: question.capability.name(),
            request: &question.request,
            payload: question.payload,
            rule: &question.rule,
            digest: belljar_core::hex(&question.id.digest),
            question: question.human.as_ref().map(|human| human.question.as_str()),
            choices: question.human.as_ref().map(|human| human.choices.as_slice()),
        };
        let shown = asked.serialize(&serde_wasm_bindgen::Serializer::json_compatible());
        let shown = shown.map_err(|error| Stop::Host(error.to_string()))?;
        let content = self.with(|run| {
            let bytes = run.payload(question.id.ticket)?;
            Some(Uint8Array::from(bytes.get(..CONTENT).unwrap_or(bytes)))
        });
        if let Some(content) = content.flatten() {
            // Without it the person still sees how much it is.
            let _ = js_sys::Reflect::set(&shown, &"content".into(), &content);
        }
        self.0.listener.question(shown);
        Ok(())
    }

    /// Performs what is permitted.
    fn begin(&self, act: Act) {
        match act {
            Act::Files(permit) => {
                let (receipt, result) = files::perform(permit, &self.0.folder);
                self.complete(receipt, result);
            }
            Act::Kv(permit) => {
                self.0.queue.borrow_mut().push_back(permit);
                if !self.0.busy.replace(true) {
                    let running = self.clone();
                    wasm_bindgen_futures::spawn_local(async move { running.work().await });
                }
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
            let (receipt, result) = kv::perform(permit, self.0.keys.clone()).await;
            self.complete(receipt, result);
            self.poll();
        }
        self.0.busy.set(false);
    }

    fn complete(&self, receipt: Receipt, result: Result<Response, Failure>) {
        if let Some(Err(stop)) = self.with(|run| run.complete(receipt, result)) {
            self.stop(stop);
        }
    }

    /// Answers what the guest waits for, if it can be answered now.
    fn poll(&self) {
        if self.0.ended.get() {
            return;
        }
        let polled = {
            let mut state = self.0.state.borrow_mut();
            let State { run: Some(run), waiting, .. } = &mut *state else { return };
            match waiting {
                Waiting::Nothing => Ok(None),
                Waiting::Take(ticket, capability) => {
                    let (ticket, capability) = (*ticket, *capability);
                    run.take(ticket, capability).map(|result| {
                        let response = remote::handed(&result);
                        Some((None, Some(Settled { ticket, response })))
                    })
                }
                Waiting::Wait(Wait { tickets, until }) => match run.wait(tickets, *until, now()) {
                    Ok(Waited::Ready(ticket)) => {
                        let result = ticket.and_then(|ticket| {
                            let response = run.settled(ticket).map(remote::handed)?;
                            Some(Settled { ticket, response })
                        });
                        Ok(Some((ticket, result)))
                    }
                    Ok(Waited::Pending(remaining)) => {
                        let until = *until;
                        if let (Some(remaining), Some(until)) = (remaining, until)
                            && state.timer.is_none()
                        {
                            let running = self.clone();
                            let wait = milliseconds(remaining).ceil().min(f64::from(i32::MAX)) as u32;
                            state.timer = Some(Timeout::new(wait, move || running.elapsed(until)));
                        }
                        Ok(None)
                    }
                    Err(stop) => Err(stop),
                },
            }
        };
        // The time of a run that was taken up passes from here, also if what it waits for is there already.
        if self.0.repeats.get() && self.with(|run| run.is_replay()) == Some(false) {
            self.0.repeats.set(false);
            self.resume_time();
        }
        match polled {
            Ok(Some((ticket, result))) => self.tell(ticket, result),
            Ok(None) => {
                for question in self.with(Run::reopened).unwrap_or_default() {
                    if let Err(stop) = self.ask(&question) {
                        return self.stop(stop);
                    }
                }
                self.watch_time();
            }
            Err(stop) => self.stop(stop),
        }
    }

    /// The time of a wait came.
    fn elapsed(&self, until: Moment) {
        // A timer must not be dropped while it calls.
        if let Some(timer) = self.0.state.borrow_mut().timer.take() {
            timer.forget();
        }
        if self.0.ended.get() || !matches!(self.0.state.borrow().waiting, Waiting::Wait(_)) {
            return;
        }
        match self.with(|run| run.elapsed(until, now())) {
            Some(Ok(())) => self.tell(None, None),
            Some(Err(stop)) => self.stop(stop),
            None => {}
        }
    }

    fn tell(&self, ticket: Option<Ticket>, mut result: Option<Settled>) {
        let now = {
            let mut state = self.0.state.borrow_mut();
            state.waiting = Waiting::Nothing;
            state.timer = None;
            if let Some(settled) = &result
                && !state.told.insert(settled.ticket)
            {
                result = None;
            }
            state.run.as_ref().map_or(0, Run::now)
        };
        if !self.0.repeats.get() {
            self.resume_time();
        }
        match cell::pack(&Answer { ticket, now, result }) {
            Ok(bytes) => self.0.listener.send(Uint8Array::from(bytes.as_slice())),
            Err(fault) => self.stop(Stop::Host(fault.to_string())),
        }
    }

    /// The run's time passes unless a person is awaited.
    fn watch_time(&self) {
        let awaits = self.with(|run| run.awaits_person()).unwrap_or_default();
        let waits = !matches!(self.0.state.borrow().waiting, Waiting::Nothing);
        if awaits && waits {
            let mut state = self.0.state.borrow_mut();
            if state.deadline.take().is_some() {
                state.left -= js_sys::Date::now() - state.since;
            }
        }
    }

    fn resume_time(&self) {
        let mut state = self.0.state.borrow_mut();
        if self.0.ended.get() || state.deadline.is_some() {
            return;
        }
        state.since = js_sys::Date::now();
        let running = self.clone();
        let left = state.left.max(0.0).ceil().min(f64::from(i32::MAX)) as u32;
        state.deadline = Some(Timeout::new(left, move || {
            // As above.
            if let Some(deadline) = running.0.state.borrow_mut().deadline.take() {
                deadline.forget();
            }
            running.stop(Stop::Time);
        }));
    }

    fn stop(&self, stop: Stop) {
        self.end(Exit::Stopped(stop), false);
    }

    fn end(&self, exit: Exit, itself: bool) {
        if self.0.ended.replace(true) {
            return;
        }
        self.0.abandoned.set(!itself);
        let (run, spent) = {
            let mut state = self.0.state.borrow_mut();
            state.deadline = None;
            state.timer = None;
            (state.run.take(), state.spent)
        };
        let Some(run) = run else { return };
        let exit = match (exit, &self.0.origin) {
            (Exit::Fault(mut fault), Some(origin)) => {
                fault.stack = origin.map(&fault.stack);
                fault.message = origin.map(&fault.message);
                Exit::Fault(fault)
            }
            (exit, _) => exit,
        };
        let report = run.end(&self.0.contract, exit, spent, now());
        match report::show(&report) {
            Ok(shown) => self.0.listener.done(shown, itself),
            Err(error) => self.0.listener.done(error, false),
        }
    }
}

fn capability(number: u32) -> Result<Capability, Stop> {
    let found = Capability::ALL.get(number as usize).copied();
    found.ok_or_else(|| Stop::Protocol(format!("the cell named capability {number}, which does not exist")))
}

fn exit(end: End) -> Exit {
    match end {
        End::Returned(text) => Exit::Returned(text),
        End::TooLarge(size) => Exit::TooLarge(size),
        End::Fault(fault) => Exit::Fault(fault),
        End::Trap(number) => Exit::Trap(Trap::of(number)),
        End::Protocol(text) => Exit::Stopped(Stop::Protocol(text)),
        End::Fuel(()) => Exit::Stopped(Stop::Fuel),
        End::Stack(()) => Exit::Stopped(Stop::Stack),
        End::Calls(()) => Exit::Stopped(Stop::Calls),
        End::Host(text) => Exit::Stopped(Stop::Host(text)),
    }
}

/// The page's clock, in nanoseconds since 1970.
fn now() -> Moment {
    (js_sys::Date::now() * 1e6) as Moment
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
