//! Calls of other tools: each is a run of its own, below the one that made it, in a cell of its own.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use belljar_core::abi::{Failure, Ticket};
use belljar_core::{CalledTool, Callee, Calling, Event, Receipt, Report, limits};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::effects::{Reach, Stores};
use crate::listener::{Listener, sink};
use crate::policy::Grants;
use crate::recording::Source;
use crate::run::{Place, Running, now};
use crate::tool::Tool;

/// A call that may begin, or a recorded one that is to be repeated.
#[wasm_bindgen]
pub struct Call {
    calling: Calling,
    /// The run that called, and the proof that it may; nothing of one that is repeated.
    above: Option<Above>,
}

/// Where a called run hands in what it came to.
pub(crate) struct Above {
    running: Running,
    receipt: Receipt,
}

impl Above {
    /// The run that called.
    pub(crate) fn running(&self) -> Running {
        self.running.clone()
    }

    /// The called run has ended.
    pub(crate) fn returned(self, report: Report) {
        let Above { running, receipt } = self;
        running.happened(|session| session.on(Event::Returned(receipt, Box::new(report)), now()));
        running.calls().ended(&running);
    }

    /// There was no run.
    fn failed(self, failure: Failure) {
        let Above { running, receipt } = self;
        running.happened(|session| session.on(Event::Result(receipt, Err(failure)), now()));
        running.calls().ended(&running);
    }
}

#[wasm_bindgen]
impl Call {
    /// The name by which the tool is called.
    pub fn name(&self) -> String {
        self.calling.name().to_owned()
    }

    /// The file of the tool of a recorded call; nothing if it is not recorded.
    pub fn file(&self) -> Option<String> {
        self.calling.recording().map(|recording| recording.parts().file.clone())
    }

    /// The tool of a recorded call: its source, or its component.
    pub fn tool(&self) -> Option<Uint8Array> {
        self.calling.recording().map(|recording| Uint8Array::from(recording.parts().tool.as_slice()))
    }

    /// The called tool's own policy in a recorded call.
    pub fn policy(&self) -> Option<String> {
        self.calling.recording().map(|recording| recording.parts().policy.clone())
    }

    /// Starts the called run, or resumes it. Nothing comes back if it cannot start: the caller was told then.
    pub fn start(
        self,
        tool: &Tool,
        policy: &Grants,
        source: Option<Source>,
        stores: Stores,
        listener: Listener,
    ) -> Option<Running> {
        let Call { calling, above } = self;
        let above = above?;
        let origin = source.as_ref().map(|source| (&*source.file, &*source.bytes));
        let callee = Callee { contract: &tool.contract, policy: policy.0.policy(), origin };
        let started = calling.begin(callee, stores.host(), now().wall).and_then(|(run, input)| {
            let reach = stores.of(tool, run.policy()).map_err(|fault| Failure::Other(fault.to_string()))?;
            Ok((run, input, reach))
        });
        let (run, input, reach) = match started {
            Ok(started) => started,
            Err(failure) => {
                above.failed(failure);
                return None;
            }
        };
        let caller = above.running.clone();
        let place =
            Place { listener: Rc::new(listener), reach, recorder: None, drawn: None, above: RefCell::new(Some(above)) };
        let running = Running::begin(tool, input, run, 0, place);
        caller.calls().began(running.clone());
        Some(running)
    }

    /// Repeats a recorded call.
    pub fn replay(self, tool: &Tool, policy: &Grants, listener: Listener) -> Result<Running, JsError> {
        let Some(recording) = self.calling.recording().cloned() else {
            return Err(JsError::new("the call is not recorded"));
        };
        let listener = Rc::new(listener);
        let callee = Callee { contract: &tool.contract, policy: policy.0.policy(), origin: None };
        let run = self.calling.replay(callee, sink(&listener, None))?;
        let place = Place { listener, reach: Reach::nothing(), recorder: None, drawn: None, above: RefCell::default() };
        let until = recording.ended_from_outside().unwrap_or_default();
        Ok(Running::begin(tool, recording.parts().input.clone(), run, until, place))
    }

    /// There is no tool of that name (`missing`), or it cannot be used.
    pub fn fail(self, missing: bool, why: String) {
        if let Some(above) = self.above {
            above.failed(if missing { Failure::NotFound(why) } else { Failure::Other(why) });
        }
    }
}

/// A tool that is looked for, because a person is to be asked about a call of it.
#[wasm_bindgen]
pub struct Finding {
    running: Running,
    ticket: Ticket,
    name: String,
}

impl Finding {
    pub(crate) fn new(running: Running, ticket: Ticket, name: String) -> Self {
        Finding { running, ticket, name }
    }

    fn is(self, found: Result<CalledTool, Failure>) {
        self.running.happened(|session| session.on(Event::Found(self.ticket, found), now()));
    }
}

#[wasm_bindgen]
impl Finding {
    /// The name by which the tool is called.
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// It is this one, and its own policy is that.
    pub fn found(self, tool: &Tool, policy: &Grants) {
        self.is(Ok(CalledTool::new(&tool.contract, policy.0.policy())));
    }

    /// There is no tool of that name (`missing`), or it cannot be used.
    pub fn fail(self, missing: bool, why: String) {
        self.is(Err(if missing { Failure::NotFound(why) } else { Failure::Other(why) }));
    }
}

/// The calls of one run.
#[derive(Default)]
pub(crate) struct Calls {
    /// How many have begun and not ended.
    busy: RefCell<usize>,
    waiting: RefCell<VecDeque<(Calling, Receipt)>>,
    running: RefCell<Vec<Running>>,
    /// Of a replay that has ended: the calls that are to be repeated, too.
    recorded: RefCell<VecDeque<Calling>>,
}

impl Calls {
    /// A call that is permitted: it begins now, or as soon as there is room.
    pub(crate) fn push(&self, caller: &Running, calling: Calling, receipt: Receipt) {
        self.waiting.borrow_mut().push_back((calling, receipt));
        self.fill(caller);
    }

    fn fill(&self, caller: &Running) {
        while *self.busy.borrow() < limits::CALLS_AT_ONCE {
            let Some((calling, receipt)) = self.waiting.borrow_mut().pop_front() else { break };
            *self.busy.borrow_mut() += 1;
            let above = Some(Above { running: caller.clone(), receipt });
            caller.listener().call(Call { calling, above });
        }
    }

    fn began(&self, running: Running) {
        self.running.borrow_mut().push(running);
    }

    fn ended(&self, caller: &Running) {
        self.running.borrow_mut().retain(|running| !running.has_ended());
        *self.busy.borrow_mut() -= 1;
        if !caller.has_ended() {
            self.fill(caller);
        }
    }

    /// The runs that are under way; no more begin.
    pub(crate) fn take(&self) -> Vec<Running> {
        self.waiting.borrow_mut().clear();
        std::mem::take(&mut self.running.borrow_mut())
    }

    /// Calls that are to be repeated.
    pub(crate) fn record(&self, calls: Vec<Calling>) {
        self.recorded.borrow_mut().extend(calls);
    }

    /// The next of them.
    pub(crate) fn recorded(&self) -> Option<Call> {
        Some(Call { calling: self.recorded.borrow_mut().pop_front()?, above: None })
    }
}
