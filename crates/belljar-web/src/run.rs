//! A run in a page: the pump between its session, the cell that holds its guest, and what the page can do.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use belljar_admit::Origin;
use belljar_core::abi::Moment;
use belljar_core::{Answer, Answerer, CellSession, Event, Exit, Instruction, Now, Recorder, Report, Stop, wire};
use belljar_policy::Assurance;
use gloo_timers::callback::Timeout;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::call::{Above, Call, Calls, Finding};
use crate::effects::spend::Drawn;
use crate::effects::{self, Reach};
use crate::listener::{self, Listener};
use crate::report;
use crate::start::Asking;
use crate::tool::Tool;

/// Where a run acts and whom it tells.
pub(crate) struct Place {
    pub(crate) listener: Rc<Listener>,
    pub(crate) reach: Reach,
    /// Keeps what a recording needs, if the run is recorded.
    pub(crate) recorder: Option<Recorder>,
    /// The run that called it, until it has ended.
    pub(crate) above: RefCell<Option<Above>>,
    /// What it drew of a day's money, if its policy bounds money by day.
    pub(crate) drawn: Option<Rc<Drawn>>,
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
    calls: Calls,
}

#[wasm_bindgen]
impl Running {
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

    /// `who` answered a question, with the word of an [`Assurance`], and as whom an authentication found out if there was one. What is
    /// not the JSON of a [`wire::Answer`] is taken for nobody's.
    pub fn answer(&self, question: Asking, answer: &str, who: String, assurance: &str, identity: Option<String>) {
        // What is no word is the least.
        let assurance = Assurance::of(assurance).unwrap_or_default();
        let answer = match serde_json::from_str::<wire::Answer>(answer) {
            Ok(answer) => answer.by(Answerer { name: who, assurance, identity }),
            Err(error) => Answer::Nobody { why: format!("what was answered is no answer: {error}") },
        };
        self.happened(|session| session.on(Event::Answer(question.0, answer), now()));
    }

    /// Of a replay that has ended: the next recorded call that is to be repeated, too.
    #[wasm_bindgen(js_name = recordedCall)]
    pub fn recorded_call(&self) -> Option<Call> {
        self.0.calls.recorded()
    }

    /// What an open question would say of a changed request, the JSON of a [`wire::Changed`]. The error says why that
    /// cannot be approved.
    pub fn edited(&self, question: &Asking, changed: &str) -> Result<JsValue, JsError> {
        let changed = serde_json::from_str::<wire::Changed>(changed)?;
        let edited = self.with(|session| {
            let run = session.session().run();
            run.question(&question.0).map(|open| open.edited(&changed.edit()))
        });
        let edited = edited.flatten().ok_or_else(|| JsError::new("the question is not open"))??;
        listener::shown(&edited).map_err(|stop| JsError::new(&stop.to_string()))
    }

    /// Cancels the run.
    pub fn cancel(&self) {
        self.stop(Stop::Cancelled);
    }
}

impl Running {
    /// A session of a tool, pumped from now on. `setup` is what the cell is sent first.
    pub(crate) fn pumped(tool: &Tool, session: CellSession, setup: Result<Vec<u8>, Stop>, place: Place) -> Self {
        let running = Running(Rc::new(Inner {
            place,
            session: RefCell::new(Some(session)),
            alarm: RefCell::default(),
            contract: tool.contract.clone(),
            origin: tool.origin.clone(),
            abandoned: Cell::new(false),
            calls: Calls::default(),
        }));
        match setup {
            Ok(bytes) => running.0.place.listener.send(Uint8Array::from(bytes.as_slice())),
            Err(stop) => running.stop(stop),
        }
        running.happened(|_| Ok(()));
        running
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut CellSession) -> T) -> Option<T> {
        self.0.session.borrow_mut().as_mut().map(act)
    }

    /// Something happened; then what the session says is carried out.
    pub(crate) fn happened(&self, event: impl FnOnce(&mut CellSession) -> Result<(), Stop>) {
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
                Instruction::Perform(act) => effects::perform(self, act)?,
                Instruction::Find(ticket, name) => self.0.place.listener.find(Finding::new(self.clone(), ticket, name)),
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
                Instruction::Stir => {
                    // It may end this one.
                    let above = self.0.place.above.borrow().as_ref().map(Above::running);
                    if let Some(above) = above {
                        above.happened(|session| session.on(Event::Stirred, now()));
                    }
                }
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

    /// The script that started it.
    pub(crate) fn listener(&self) -> Rc<Listener> {
        self.0.place.listener.clone()
    }

    /// Its calls of other tools.
    pub(crate) fn calls(&self) -> &Calls {
        &self.0.calls
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.0.session.borrow().is_none()
    }

    /// What it can reach.
    pub(crate) fn reach(&self) -> &Reach {
        &self.0.place.reach
    }

    /// Whether it was ended by somebody else than the tool.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.0.abandoned.get()
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
        // What is below it ends before it.
        for below in self.0.calls.take() {
            below.stop(if let Exit::Stopped(Stop::Suspended) = exit { Stop::Suspended } else { Stop::Cancelled });
        }
        let (mut session, spent) = session.into_parts();
        self.0.calls.record(session.run_mut().recorded_calls());
        let report = session.end(&self.0.contract, exit, spent, now());
        match self.0.place.drawn.clone().filter(|_| report.ended) {
            None => self.done(report, itself),
            Some(drawn) => {
                let running = self.clone();
                wasm_bindgen_futures::spawn_local(async move {
                    let mut report = report;
                    if let Err(stop) = drawn.settle(report.usage.spent.unwrap_or_default()).await {
                        let between = if report.message.is_empty() { "" } else { "; " };
                        report.message.push_str(&format!("{between}{stop}"));
                    }
                    running.done(report, itself);
                });
            }
        }
    }

    fn done(&self, report: Report, itself: bool) {
        match report::show(&report) {
            Ok(shown) => self.0.place.listener.done(shown, itself),
            Err(error) => self.0.place.listener.done(error, false),
        }
        let above = self.0.place.above.borrow_mut().take();
        if let Some(above) = above {
            above.returned(report);
        }
    }
}

/// The page's clocks.
pub(crate) fn now() -> Now {
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
