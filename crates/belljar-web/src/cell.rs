//! The guest's half: binds a fresh instance's imports to [`RemoteRun`], and its memory to the Canonical ABI.
//!
//! It is called by the worker's script, which owns the instance. A method that throws leaves the reason here; the
//! script then gives the instance up and asks [`Cell::fail`] what to say of it.

use belljar_core::Stop;
use belljar_core::abi::cell::{self, End};
use belljar_core::abi::{Fault, FaultKind, Memory, Remote, Writer};
use belljar_core::calls::{self, Import};
use belljar_core::remote::{self, RemoteRun, Reply};
use js_sys::{BigInt, Uint8Array, WebAssembly};
use wasm_bindgen::prelude::*;

use crate::trap;

/// What the script does with a call: return nothing.
const NOTHING: u32 = 0;
/// Return [`Cell::value`].
const VALUE: u32 = 1;
/// Write [`Cell::plan`], then return nothing.
const STORE: u32 = 2;
/// Wait for an answer, then ask [`Cell::go_on`].
const SUSPEND: u32 = 3;

/// A guest's memory, which is another instance's.
struct GuestMemory<'a>(&'a WebAssembly::Memory);

impl GuestMemory<'_> {
    /// The bytes as they are now: a view does not survive the memory's growth.
    fn view(&self) -> Uint8Array {
        Uint8Array::new(&self.0.buffer())
    }
}

impl Remote for GuestMemory<'_> {
    fn size(&self) -> usize {
        self.view().length() as usize
    }

    fn read(&self, at: u32, into: &mut [u8]) {
        let end = at.saturating_add(u32::try_from(into.len()).unwrap_or(u32::MAX));
        self.view().subarray(at, end).copy_to(into);
    }
}

/// A guest that has no memory.
struct NoMemory;

impl Remote for NoMemory {
    fn size(&self) -> usize {
        0
    }

    fn read(&self, _: u32, _: &mut [u8]) {}
}

/// A value on its way into the guest's memory.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Plan {
    head: u32,
    writer: Writer,
}

#[wasm_bindgen]
impl Plan {
    /// Alignment and size of each block that the guest must allocate, one after the other.
    pub fn allocations(&self) -> Vec<u32> {
        self.writer.allocations().flat_map(|(align, size)| [align, size]).collect()
    }
}

/// The number of an import, by which [`Cell::call`] knows it; nothing if the world does not have it.
#[wasm_bindgen]
pub fn import_number(module: &str, name: &str) -> Option<u32> {
    let interface = module.strip_prefix("belljar:tool/")?.strip_suffix("@0.1.0")?;
    let found = Import::find(interface, name)?;
    Import::ALL.iter().position(|import| *import == found).and_then(|place| u32::try_from(place).ok())
}

/// Whether an import may wait: the guest is then suspended, or given up.
#[wasm_bindgen]
pub fn import_waits(import: u32) -> bool {
    matches!(Import::ALL.get(import as usize), Some(Import::Wait | Import::Take(_)))
}

/// A run's guest.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Cell {
    run: Option<RemoteRun>,
    first: i64,
    memory: Option<WebAssembly::Memory>,
    fuel: Option<WebAssembly::Global>,
    refused: Option<WebAssembly::Global>,
    value: u64,
    plan: Option<Plan>,
    stop: Option<Stop>,
    returned: Option<End>,
    end: Option<End>,
}

#[wasm_bindgen]
impl Cell {
    /// A run that begins, from the page's setup.
    #[wasm_bindgen(constructor)]
    pub fn new(setup: &[u8]) -> Result<Cell, JsError> {
        let setup = cell::unpack(setup)?;
        let (run, first) = RemoteRun::new(setup)?;
        Ok(Cell {
            run: Some(run),
            first,
            memory: None,
            fuel: None,
            refused: None,
            value: 0,
            plan: None,
            stop: None,
            returned: None,
            end: None,
        })
    }

    /// Begins again in a fresh instance, with the answers known so far.
    pub fn again(&mut self) -> Result<(), JsError> {
        let run = self.run.take().ok_or_else(|| JsError::new("there is no run"))?;
        let (run, first) = run.again()?;
        (self.run, self.first) = (Some(run), first);
        (self.memory, self.fuel, self.refused) = (None, None, None);
        (self.plan, self.stop, self.returned, self.end) = (None, None, None, None);
        Ok(())
    }

    /// Takes the instance's exports and sets its counters.
    pub fn attach(
        &mut self,
        memory: Option<WebAssembly::Memory>,
        fuel: WebAssembly::Global,
        pages: &WebAssembly::Global,
        stack: &WebAssembly::Global,
        refused: WebAssembly::Global,
    ) -> Result<(), JsValue> {
        let limit = self.run()?.setup().pages.min(65_536);
        fuel.set_value(&BigInt::from(self.first));
        pages.set_value(&JsValue::from(limit));
        stack.set_value(&BigInt::from(belljar_core::STACK_SLOTS));
        (self.memory, self.fuel, self.refused) = (memory, Some(fuel), Some(refused));
        Ok(())
    }

    /// The input's UTF-8 bytes.
    pub fn input(&self) -> Result<Vec<u8>, JsValue> {
        Ok(self.run()?.setup().input.as_bytes().to_vec())
    }

    /// The program's name and code as UTF-8, if there is a program to load.
    pub fn program(&self) -> Result<Option<Vec<Uint8Array>>, JsValue> {
        let program = self.run()?.setup().program.as_ref();
        Ok(program.map(|p| vec![Uint8Array::from(p.module.as_bytes()), Uint8Array::from(p.code.as_bytes())]))
    }

    /// Puts bytes where the guest has allocated room for them.
    pub fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), JsValue> {
        let written = match &self.memory {
            Some(memory) => put(memory, at, bytes),
            None => Err(Fault::Realloc),
        };
        written.map_err(|_| self.stopped(Stop::Abi(Fault::Realloc)))
    }

    /// Whether an engine is loading its program.
    pub fn set_loading(&mut self, loading: bool) -> Result<(), JsValue> {
        self.run_mut()?.set_loading(loading);
        Ok(())
    }

    /// The counter ran out: the next slice, or the end.
    pub fn refill(&mut self, counter: i64) -> Result<i64, JsValue> {
        let next = self.run_mut()?.refill(counter).map_err(|stop| self.stopped(stop))?;
        // The guest does the same; until then somebody may ask what was used.
        if let Some(fuel) = &self.fuel {
            fuel.set_value(&BigInt::from(next));
        }
        Ok(next)
    }

    /// Answers a call of the guest; what to do is one of the numbers above.
    pub fn call(&mut self, import: u32, arguments: &[u64]) -> Result<u32, JsValue> {
        let Some(&import) = Import::ALL.get(import as usize) else {
            return Err(self.stopped(Stop::Host("an import without a meaning was called".into())));
        };
        let memory = self.memory.clone();
        let counter = self.counter();
        let run = self.run_mut()?;
        let answered = match &memory {
            Some(memory) => {
                let memory = GuestMemory(memory);
                run.call(import, arguments, &Memory::remote(&memory, Memory::ALLOWANCE), counter)
            }
            None => run.call(import, arguments, &Memory::remote(&NoMemory, 0), counter),
        };
        let (reply, fuel) = answered.map_err(|stop| self.stopped(stop))?;
        self.charge(fuel);
        self.reply(reply)
    }

    /// The value of the last call.
    pub fn value(&self) -> u64 {
        self.value
    }

    /// What the last call writes into the guest's memory.
    pub fn plan(&mut self) -> Option<Plan> {
        self.plan.take()
    }

    /// Writes a plan whose blocks the guest has allocated.
    pub fn store(&mut self, plan: Plan, bases: &[u32]) -> Result<(), JsValue> {
        let Plan { head, writer } = plan;
        let written = match &self.memory {
            Some(memory) => writer
                .placed(head, bases)
                .and_then(|blocks| blocks.into_iter().try_for_each(|(at, bytes)| put(memory, at, &bytes))),
            None => Err(Fault::Realloc),
        };
        written.map_err(|fault| self.stopped(Stop::Abi(fault)))
    }

    /// Whether the answer that the guest waits for is known already.
    pub fn knows(&self) -> Result<bool, JsValue> {
        Ok(self.run()?.knows())
    }

    /// Takes the page's answer.
    pub fn answer(&mut self, answer: &[u8]) -> Result<(), JsValue> {
        let answer = cell::unpack(answer).map_err(|fault| self.stopped(Stop::Host(fault.to_string())))?;
        self.run_mut()?.answer(answer);
        Ok(())
    }

    /// What the guest is answered now; what to do is one of the numbers above.
    pub fn go_on(&mut self) -> Result<u32, JsValue> {
        let counter = self.counter();
        let (reply, fuel) = self.run_mut()?.go_on(counter).map_err(|stop| self.stopped(stop))?;
        self.charge(fuel);
        self.reply(reply)
    }

    /// `load` returned this address; true if the program may run.
    pub fn loaded(&mut self, address: u32) -> Result<bool, JsValue> {
        let lifted = match &self.memory {
            Some(memory) => {
                let memory = GuestMemory(memory);
                calls::lift_export(address, &Memory::remote(&memory, Memory::ALLOWANCE))
            }
            None => Err(Stop::Abi(Fault::Realloc)),
        };
        match lifted.map_err(|stop| self.stopped(stop))? {
            Ok(()) => Ok(true),
            Err(fault) => {
                self.end = Some(End::Fault(belljar_core::abi::ToolFault { kind: FaultKind::Unloadable, ..fault }));
                Ok(false)
            }
        }
    }

    /// The program is loaded and was snapshotted; it is not run.
    pub fn shown(&mut self) {
        self.end = Some(End::Returned("null".into()));
    }

    /// `run` returned this address. What it says is told when the guest is done: it still cleans up.
    pub fn returned(&mut self, address: u32) -> Result<(), JsValue> {
        let limit = self.run()?.setup().output;
        let lifted = match &self.memory {
            Some(memory) => remote::output(address, &GuestMemory(memory), limit),
            None => remote::output(address, &NoMemory, limit),
        };
        self.returned = Some(lifted.map_err(|stop| self.stopped(stop))?);
        Ok(())
    }

    /// The guest is done.
    pub fn done(&mut self) -> Result<(), JsValue> {
        let counter = self.counter();
        self.run()?.settle(counter).map_err(|stop| self.stopped(stop))?;
        self.end = self.returned.take();
        Ok(())
    }

    /// The guest ended with an error of the engine: what it was decides how the run ends.
    pub fn fail(&mut self, name: &str, message: &str) {
        self.end = Some(match &self.stop {
            Some(stop) => remote::stopped(stop),
            None if name == "RangeError" || message.contains("call stack") => End::Stack(()),
            None if name == "RuntimeError" => End::Trap(trap::trap(message) as u32),
            None => End::Host(format!("{name}: {message}")),
        });
    }

    /// No instance could be made: a segment outside of its memory or table is the guest's fault.
    pub fn not_started(&mut self, name: &str, message: &str) {
        self.end = Some(match name {
            "RuntimeError" => End::Protocol(remote::not_started(trap::segment(message))),
            _ => End::Host(format!("{name}: {message}")),
        });
    }

    /// Whether something is worth sending before the guest waits or ends.
    pub fn has_news(&self) -> Result<bool, JsValue> {
        Ok(self.run()?.has_news())
    }

    /// Whether so much is kept that it should be sent now.
    pub fn is_full(&self) -> Result<bool, JsValue> {
        Ok(self.run()?.is_full())
    }

    /// The message for the page: what happened since the last one, with the end if there is one.
    pub fn message(&mut self) -> Result<Vec<u8>, JsValue> {
        let counter = self.counter();
        let pages = self.memory.as_ref().map_or(0, |memory| GuestMemory(memory).view().length() >> 16);
        let refused = self.refused.as_ref().and_then(|global| global.value().as_f64()).is_some_and(|n| n >= 1.0);
        let attached = self.fuel.is_some();
        let end = self.end.take();
        let run = self.run_mut()?;
        if let Some(end) = end {
            run.end(end);
        }
        let mut message = run.message(counter, pages, refused);
        if !attached {
            message.fuel = 0;
        }
        cell::pack(&message).map_err(|fault| self.stopped(Stop::Host(fault.to_string())))
    }
}

impl Cell {
    fn run(&self) -> Result<&RemoteRun, JsValue> {
        self.run.as_ref().ok_or_else(|| JsError::new("there is no run").into())
    }

    fn run_mut(&mut self) -> Result<&mut RemoteRun, JsValue> {
        self.run.as_mut().ok_or_else(|| JsError::new("there is no run").into())
    }

    /// Remembers why the run ends, and is what the script throws through the guest.
    fn stopped(&mut self, stop: Stop) -> JsValue {
        let error = JsError::new("belljar: the run ends").into();
        self.stop.get_or_insert(stop);
        error
    }

    fn counter(&self) -> i64 {
        let value = self.fuel.as_ref().map(|fuel| fuel.value());
        value.and_then(|value| i64::try_from(value).ok()).unwrap_or_default()
    }

    fn charge(&self, fuel: i64) {
        if let Some(global) = &self.fuel {
            global.set_value(&BigInt::from(self.counter().saturating_sub(fuel)));
        }
    }

    fn reply(&mut self, reply: Reply) -> Result<u32, JsValue> {
        Ok(match reply {
            Reply::Nothing => NOTHING,
            Reply::Value(value) => {
                self.value = value;
                VALUE
            }
            Reply::Store(head, writer) => {
                self.plan = Some(Plan { head, writer });
                STORE
            }
            Reply::Suspend => SUSPEND,
            // No module that is admitted can catch what the script throws.
            Reply::End(outcome) => return Err(self.stopped(Stop::Ended(outcome))),
        })
    }
}

/// Writes bytes into a guest's memory as it is now.
fn put(memory: &WebAssembly::Memory, at: u32, bytes: &[u8]) -> Result<(), Fault> {
    if bytes.is_empty() {
        return Ok(());
    }
    let view = GuestMemory(memory).view();
    let (size, length) = (view.length(), bytes.len() as u64);
    match u32::try_from(u64::from(at) + length) {
        Ok(end) if end <= size => {
            view.subarray(at, end).copy_from(bytes);
            Ok(())
        }
        _ => Err(Fault::OutOfBounds { pointer: at, length, size: size as usize }),
    }
}
