//! Takes a snapshot of an initialized core module: the same module, whose memory and globals start as they
//! are now. The steps are those of Wizer; the engine that runs the module is the caller's, wasmtime's or
//! the browser's, and the bytes come out the same.
//!
//! ```
//! use belljar_snapshot::{Instrumented, State, Value};
//!
//! // What an engine would show of the instance after its initialization.
//! struct Still;
//! impl State for Still {
//!     fn global(&mut self, _name: &str) -> Option<Value> {
//!         Some(Value::I32(7))
//!     }
//!     fn memory(&mut self, _name: &str, read: &mut dyn FnMut(&[u8])) {
//!         read(&[0; 65536]);
//!     }
//! }
//! # fn main() -> Result<(), belljar_snapshot::SnapshotError> {
//! # // (module (memory 1) (global (mut i32) (i32.const 0)) (func (export "init")))
//! # let wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\x06\x06\x01\x7f\x01\x41\0\x0b\x07\x08\x01\x04init\0\0\x0a\x04\x01\x02\0\x0b";
//! let module = Instrumented::new(wasm, "init")?;
//! let _ = module.wasm(); // run this, call "init", then:
//! let snapshot = module.snapshot(&mut Still)?;
//! assert!(snapshot.starts_with(b"\0asm"));
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod segments;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use thiserror::Error;
use wasmtime_wizer::{InstanceState, ModuleContext, SnapshotVal, ValType, Wizer};

/// The module cannot be snapshotted.
#[derive(Clone, Debug, Error)]
#[error("the module cannot be snapshotted: {0}")]
pub struct SnapshotError(String);

/// The value of a global.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// 32-bit integer.
    I32(i32),
    /// 64-bit integer.
    I64(i64),
    /// The bits of a 32-bit float.
    F32(u32),
    /// The bits of a 64-bit float.
    F64(u64),
    /// A vector.
    V128(u128),
}

/// What an engine shows of the initialized instance of [`Instrumented::wasm`].
pub trait State: Send {
    /// The value of an exported global.
    fn global(&mut self, name: &str) -> Option<Value>;
    /// Shows the contents of an exported memory to `read`, once.
    fn memory(&mut self, name: &str, read: &mut dyn FnMut(&[u8]));
}

/// A module prepared for its snapshot: all its state is exported.
pub struct Instrumented<'a> {
    wizer: Wizer,
    context: ModuleContext<'a>,
    wasm: Vec<u8>,
}

impl std::fmt::Debug for Instrumented<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instrumented").field("bytes", &self.wasm.len()).finish_non_exhaustive()
    }
}

impl<'a> Instrumented<'a> {
    /// Prepares a core module. `init` is the export that initializes it; the snapshot no longer has it.
    pub fn new(wasm: &'a [u8], init: &str) -> Result<Self, SnapshotError> {
        Self::with(wasm, init, false)
    }

    /// Prepares a core module whose initializing export stays, because it is of use later.
    pub fn keeping(wasm: &'a [u8], init: &str) -> Result<Self, SnapshotError> {
        Self::with(wasm, init, true)
    }

    fn with(wasm: &'a [u8], init: &str, keep: bool) -> Result<Self, SnapshotError> {
        let mut wizer = Wizer::new();
        wizer.init_func(init).keep_init_func(keep);
        let (context, wasm) = wizer.instrument(wasm).map_err(|e| SnapshotError(format!("{e:#}")))?;
        Ok(Instrumented { wizer, context, wasm })
    }

    /// The module to run.
    pub fn wasm(&self) -> &[u8] {
        &self.wasm
    }

    /// The module as `state` shows it.
    pub fn snapshot(&self, state: &mut impl State) -> Result<Vec<u8>, SnapshotError> {
        let mut state = Shown { state, missing: None };
        let snapshot = ready(self.wizer.snapshot(&self.context, &mut state));
        match (state.missing, snapshot) {
            (Some(name), _) => Err(SnapshotError(format!("the engine shows no global {name}"))),
            (None, Some(Ok(wasm))) => segments::join(&wasm).map_err(|e| SnapshotError(e.to_string())),
            (None, Some(Err(e))) => Err(SnapshotError(format!("{e:#}"))),
            (None, None) => Err(SnapshotError("it waits for something".into())),
        }
    }
}

struct Shown<'a, S> {
    state: &'a mut S,
    missing: Option<String>,
}

impl<S: State> InstanceState for Shown<'_, S> {
    async fn global_get(&mut self, name: &str, ty: ValType) -> SnapshotVal {
        match self.state.global(name) {
            Some(Value::I32(v)) => SnapshotVal::I32(v),
            Some(Value::I64(v)) => SnapshotVal::I64(v),
            Some(Value::F32(v)) => SnapshotVal::F32(v),
            Some(Value::F64(v)) => SnapshotVal::F64(v),
            Some(Value::V128(v)) => SnapshotVal::V128(v),
            None => {
                self.missing = Some(name.to_owned());
                match ty {
                    ValType::I64 => SnapshotVal::I64(0),
                    ValType::F32 => SnapshotVal::F32(0),
                    ValType::F64 => SnapshotVal::F64(0),
                    ValType::V128 => SnapshotVal::V128(0),
                    _ => SnapshotVal::I32(0),
                }
            }
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        let mut contents = Some(contents);
        self.state.memory(name, &mut |bytes| {
            if let Some(contents) = contents.take() {
                contents(bytes);
            }
        });
    }
}

/// The result of a future that never waits.
fn ready<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
