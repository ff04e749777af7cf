//! How a run begins in a page: for the first time, as a replay, or where it was suspended.

use std::cell::RefCell;
use std::rc::Rc;

use belljar_core::abi::Ticket;
use belljar_core::{CellSession, QuestionId, Recorder, Run, Session, Setup, Stop};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::effects::spend::Drawn;
use crate::effects::{Reach, Stores};
use crate::listener::{Listener, sink};
use crate::policy::Grants;
use crate::recording::{Recorded, Source};
use crate::run::{Place, Running, now};
use crate::tool::Tool;

#[wasm_bindgen]
impl Running {
    /// Starts a run: writes its first entry, and sends the cell its setup. `drawn` is what it may spend of a day's money, if the
    /// policy bounds that.
    pub fn start(
        tool: &Tool,
        input: &str,
        grants: &Grants,
        stores: Stores,
        source: Option<Source>,
        drawn: Option<Drawn>,
        listener: Listener,
    ) -> Result<Running, JsError> {
        let drawn = drawn.map(Rc::new);
        let started = Self::first(tool, input, grants, stores, source, drawn.clone(), listener);
        if let (Err(_), Some(drawn)) = (&started, drawn) {
            // Nothing was done. What cannot be settled stays held, and is seen there.
            wasm_bindgen_futures::spawn_local(async move { drop(drawn.settle(0).await) });
        }
        started
    }

    /// Runs a recorded run again, without performing anything.
    pub fn replay(tool: &Tool, recorded: &Recorded, grants: &Grants, listener: Listener) -> Result<Running, JsError> {
        let listener = Rc::new(listener);
        let recording = &recorded.0;
        let run = Run::replay(&tool.contract, recording.clone(), grants.0.clone(), sink(&listener, None))?;
        let place = Place { listener, reach: Reach::nothing(), recorder: None, drawn: None, above: RefCell::default() };
        let until = recording.ended_from_outside().unwrap_or_default();
        Ok(Self::begin(tool, recording.parts().input.clone(), run, until, place))
    }

    /// Resumes a run that was suspended, as it is then: recorded.
    pub fn resume(
        tool: &Tool,
        recorded: &Recorded,
        grants: &Grants,
        stores: Stores,
        drawn: Option<Drawn>,
        listener: Listener,
    ) -> Result<Running, JsError> {
        let (listener, drawn) = (Rc::new(listener), drawn.map(Rc::new));
        let recording = &recorded.0;
        if recording.allowance() != drawn.as_ref().and_then(|drawn| drawn.allowance.as_ref()) {
            return Err(JsError::new("its policy bounds money by day, and it does not hold what it drew"));
        }
        let recorder = Some(Recorder::again(recording));
        let sink = sink(&listener, recorder.as_ref());
        let run = Run::resume(&tool.contract, recording.clone(), grants.0.clone(), sink)?;
        let reach = stores.of(tool, grants.0.policy())?;
        Ok(Self::begin(
            tool,
            recording.parts().input.clone(),
            run,
            0,
            Place { listener, reach, recorder, drawn, above: RefCell::default() },
        ))
    }
}

impl Running {
    fn first(
        tool: &Tool,
        input: &str,
        grants: &Grants,
        stores: Stores,
        source: Option<Source>,
        drawn: Option<Rc<Drawn>>,
        listener: Listener,
    ) -> Result<Running, JsError> {
        let contract = &tool.contract;
        let input = contract.accept_input(input)?;
        let policy = grants.0.policy();
        let (host, reach) = (stores.host(), stores.of(tool, policy)?);
        let listener = Rc::new(listener);
        let recorder = source.map(|Source { file, bytes }| Recorder::new(&input, policy, file, bytes)).transpose()?;
        let mut seed = [0; 32];
        random(&mut seed)?;
        let setup = Setup { contract, input: &input, host, now: now().wall, seed };
        let allowance = drawn.as_ref().and_then(|drawn| drawn.allowance.as_ref());
        let sink = sink(&listener, recorder.as_ref());
        let run = Run::start_with(setup, grants.0.clone(), sink, allowance)
            .map_err(|stop| JsError::new(&stop.to_string()))?;
        Ok(Self::begin(tool, input, run, 0, Place { listener, reach, recorder, drawn, above: RefCell::default() }))
    }

    pub(crate) fn begin(tool: &Tool, input: String, run: Run, until: u64, place: Place) -> Self {
        let memory = run.policy().limits.memory;
        let session = CellSession::new(Session::new(run, false, now()));
        let setup = if u64::from(tool.code.initial_pages) > memory >> 16 {
            Err(Stop::Protocol(belljar_core::starts_too_large(tool.code.initial_pages, memory)))
        } else {
            session.setup(tool.program.clone(), input, until)
        };
        Running::pumped(tool, session, setup, place)
    }
}

/// Which question is answered.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug)]
pub struct Asking(pub(crate) QuestionId);

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

/// Real randomness of the browser.
pub(crate) fn random(seed: &mut [u8; 32]) -> Result<(), JsError> {
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
