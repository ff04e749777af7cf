//! Belljar's JavaScript engine: QuickJS-ng in the world `belljar:engine`.
//!
//! At build time it is started once (`belljar:initialize`) and snapshotted: each run begins with a started engine
//! whose globals are in place. A run loads its program, an ES module, and calls the module's default export.
#![allow(static_mut_refs, reason = "a guest has one thread, and its state is one static")]

mod host;
mod memory;
mod numbers;

#[allow(missing_docs, reason = "generated from wit/, where the documentation is")]
mod world {
    wit_bindgen::generate!({
        path: ["../../wit/tool", "../../wit/engine"],
        world: "belljar:engine/engine",
        generate_all,
    });
    use super::Engine;
    export!(Engine);
}

use rquickjs::promise::PromiseState;
use rquickjs::{
    CatchResultExt, CaughtError, Context, Ctx, Function, Module, Object, Persistent, Promise, Runtime, Value,
};
use world::belljar::tool::outcome::FaultKind;
use world::{Fault, Guest};

/// Bytes of the stack in linear memory that C may use; beyond it a `RangeError` is thrown. The linker's stack is 1 MiB. In
/// practice the native stack is narrower, of which the meter says how much is left ([`stack_left`]).
const STACK: usize = 896 * 1024;

/// A file of the prelude: its name in stack traces and its text.
struct File {
    name: &'static str,
    text: fn() -> &'static mut [u8],
}

/// The texts are needed until the snapshot only: they are variables, so that they can be wiped before it.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(File {
            name: concat!("belljar:", $name),
            text: {
                fn text() -> &'static mut [u8] {
                    const BYTES: &[u8] = include_bytes!(concat!("prelude/", $name, ".js"));
                    static mut TEXT: [u8; BYTES.len()] = {
                        let mut text = [0; BYTES.len()];
                        text.copy_from_slice(BYTES);
                        text
                    };
                    // SAFETY: a guest has one thread, and no reference outlives its use in `start`.
                    unsafe { &mut TEXT }
                }
                text
            },
        }),*]
    };
}

/// What the tool's program uses as the globals beyond QuickJS's own.
const PRELUDE: [File; 9] =
    files!["errors", "output", "console", "time", "text", "url", "clone", "capabilities", "late"];

struct State {
    context: Context,
    /// The module's default export, once a program is loaded.
    run: Option<Persistent<Value<'static>>>,
    _runtime: Runtime,
}

static mut STATE: Option<State> = None;

fn state() -> &'static mut State {
    // SAFETY: a guest has one thread, and no reference outlives the call that took it but for the context, which
    // stays where it is.
    unsafe { STATE.get_or_insert_with(start) }
}

fn start() -> State {
    let runtime = Runtime::new().unwrap_or_else(|_| std::process::abort());
    runtime.set_max_stack_size(STACK);
    runtime.set_host_promise_rejection_tracker(Some(Box::new(|ctx, promise, reason, handled| {
        // Before the prelude is there, nothing is tracked.
        if let Ok(track) = shared(&ctx, "track") {
            let _ = track.call::<_, ()>((promise, reason, handled));
        }
    })));
    let context = Context::full(&runtime).unwrap_or_else(|_| std::process::abort());
    context.with(|ctx| {
        let started = prelude(&ctx).catch(&ctx);
        if let Err(error) = started {
            panic!("the prelude does not run: {error}");
        }
    });
    State { context, run: None, _runtime: runtime }
}

/// Each file of the prelude is a function of `host` and of an object that they share.
fn prelude(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    let host = host::object(ctx)?;
    host.set("late", Function::new(ctx.clone(), late)?)?;
    let shared = Object::new(ctx.clone())?;
    for File { name, text } in PRELUDE {
        let function = function(ctx, name, text())?;
        function.call::<_, ()>((host.clone(), shared.clone()))?;
    }
    ctx.store_userdata(Shared(Persistent::save(ctx, shared)))?;
    Ok(())
}

/// The function that a file of the prelude is.
fn function<'js>(ctx: &Ctx<'js>, name: &str, source: &[u8]) -> rquickjs::Result<Function<'js>> {
    let source = core::str::from_utf8(source).map_err(|_| rquickjs::Error::Unknown)?;
    let mut options = rquickjs::context::EvalOptions::default();
    options.filename = Some(name.to_owned());
    ctx.eval_with_options(format!("(function (host, shared) {{ 'use strict';\n{source}\n}})"), options)
}

/// Files that few tools need: they are compiled when they are asked for, so that they are in nobody else's way.
const LATE: [(&str, &[u8]); 2] = [
    ("belljar:locale", include_bytes!("prelude/late/locale.js")),
    ("belljar:web", include_bytes!("prelude/late/web.js")),
];

/// A file of the prelude that is not loaded at the start, as a function.
fn late<'js>(ctx: Ctx<'js>, name: String) -> rquickjs::Result<Function<'js>> {
    match LATE.iter().find(|(known, _)| known.strip_prefix("belljar:") == Some(&name)) {
        Some((name, source)) => function(&ctx, name, source),
        None => Err(rquickjs::Error::Unknown),
    }
}

/// The object that the prelude's files share, and through which the engine calls them.
#[derive(Clone)]
struct Shared(Persistent<Object<'static>>);

unsafe impl<'js> rquickjs::JsLifetime<'js> for Shared {
    type Changed<'to> = Shared;
}

fn shared<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Function<'js>> {
    let shared = ctx.userdata::<Shared>().map(|shared| shared.0.clone());
    let Some(shared) = shared else { return Err(rquickjs::Error::Unknown) };
    shared.restore(ctx)?.get(name)
}

/// Starts the engine, for its snapshot.
#[unsafe(export_name = "belljar:initialize")]
extern "C" fn initialize() {
    state()._runtime.run_gc();
    for file in PRELUDE {
        (file.text)().fill(0);
    }
    memory::wipe_stack();
    host::SNAPSHOTTED.store(true, std::sync::atomic::Ordering::Relaxed);
}

/// Where this is called, the meter puts how many slots of the native stack are left (docs/meter.md, "Call depth"). Before
/// admission, while the snapshot is made, nothing counts them.
#[unsafe(export_name = "belljar_stack_left")]
extern "C" fn stack_left() -> i32 {
    i32::MAX
}

struct Engine;

impl Guest for Engine {
    fn load(file: String, program: String) -> Result<(), Fault> {
        let state = state();
        let loaded = state.context.with(|ctx| {
            shared(&ctx, "begin").and_then(|begin| begin.call::<_, ()>((false,))).map_err(|e| broken(&ctx, e))?;
            let module = Module::declare(ctx.clone(), file, program).map_err(|e| broken(&ctx, e))?;
            let (module, promise) = module.eval().map_err(|e| broken(&ctx, e))?;
            settle(&ctx, promise.into_value())?;
            let run: Value<'_> = module.get("default").map_err(|e| broken(&ctx, e))?;
            Ok(run.is_function().then(|| Persistent::save(&ctx, run)))
        });
        match loaded {
            Ok(Some(run)) => {
                state.run = Some(run);
                Ok(())
            }
            Ok(None) => Err(Fault {
                kind: FaultKind::Unloadable,
                code: "no-run".into(),
                message: "it has no function as its default export: write `export default function run(input) { … }`"
                    .into(),
                stack: String::new(),
            }),
            Err(fault) => Err(Fault { kind: FaultKind::Unloadable, ..fault }),
        }
    }

    fn run(input: String) -> Result<String, Fault> {
        let state = state();
        let run = state.run.take();
        state.context.with(|ctx| {
            let step = |e| broken(&ctx, e);
            shared(&ctx, "begin").and_then(|begin| begin.call::<_, ()>((true,))).map_err(step)?;
            let run = match run {
                Some(run) => run.restore(&ctx).map_err(step)?,
                None => return Err(crashed("no program is loaded")),
            };
            let function = run.into_function().ok_or_else(|| crashed("the default export is no function"))?;
            let input = ctx.json_parse(input).map_err(step)?;
            let output: Value<'_> = function.call((input,)).map_err(step)?;
            let output = settle(&ctx, output)?;
            let output = shared(&ctx, "gather").and_then(|gather| gather.call((output,))).map_err(step)?;
            let output = settle(&ctx, output)?;
            // The output is what it is at the return; what the tool did not wait for changes it no more.
            let output = shared(&ctx, "stringify").and_then(|stringify| stringify.call((output,))).map_err(step)?;
            let drain = shared(&ctx, "drain").map_err(step)?;
            loop {
                while ctx.execute_pending_job() {}
                if !drain.call::<_, bool>(()).map_err(step)? {
                    break;
                }
            }
            shared(&ctx, "end").and_then(|end| end.call::<_, ()>(())).map_err(step)?;
            Ok(output)
        })
    }
}

/// The value of a promise, once it is settled; other values as they are.
fn settle<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> Result<Value<'js>, Fault> {
    let Some(promise) = value.as_promise().cloned() else {
        return match value.as_object().filter(|o| o.get::<_, Value<'_>>("then").is_ok_and(|then| then.is_function())) {
            Some(thenable) => {
                let adopt = shared(ctx, "adopt").map_err(|e| broken(ctx, e))?;
                let promise = adopt.call((thenable.clone(),)).map_err(|e| broken(ctx, e))?;
                settle_promise(ctx, promise)
            }
            None => Ok(value),
        };
    };
    settle_promise(ctx, promise)
}

fn settle_promise<'js>(ctx: &Ctx<'js>, promise: Promise<'js>) -> Result<Value<'js>, Fault> {
    let pump = shared(ctx, "pump").map_err(|e| broken(ctx, e))?;
    loop {
        while ctx.execute_pending_job() {}
        match promise.state() {
            PromiseState::Resolved | PromiseState::Rejected => {
                return match promise.result::<Value<'_>>() {
                    Some(result) => result.map_err(|e| broken(ctx, e)),
                    None => Err(crashed("a settled promise has no result")),
                };
            }
            PromiseState::Pending => {
                if !pump.call::<_, bool>(()).map_err(|e| broken(ctx, e))? {
                    // A rejection that nobody looked at is the likely reason, and says more.
                    shared(ctx, "end").and_then(|end| end.call::<_, ()>(())).map_err(|e| broken(ctx, e))?;
                    return Err(crashed(
                        "it waits for a promise that nothing will settle: no request and no timer is left",
                    ));
                }
            }
        }
    }
}

fn crashed(message: &str) -> Fault {
    Fault { kind: FaultKind::Crashed, code: String::new(), message: message.to_owned(), stack: String::new() }
}

/// What was thrown, as the world says it.
fn broken(ctx: &Ctx<'_>, error: rquickjs::Error) -> Fault {
    let thrown = match CaughtError::from_error(ctx, error) {
        CaughtError::Exception(exception) => exception.into_value(),
        CaughtError::Value(value) => value,
        CaughtError::Error(error) => return crashed(&error.to_string()),
    };
    let described = shared(ctx, "fault").and_then(|fault| fault.call::<_, Object<'_>>((thrown,)));
    let parts = described.and_then(|parts| {
        Ok((parts.get::<_, String>("kind")?, parts.get("code")?, parts.get("message")?, parts.get("stack")?))
    });
    match parts {
        Ok((kind, code, message, stack)) => {
            let kind = match kind.as_str() {
                "failed" => FaultKind::Failed,
                "denied" => FaultKind::Denied,
                "exhausted" => FaultKind::Exhausted,
                _ => FaultKind::Crashed,
            };
            Fault { kind, code, message, stack }
        }
        Err(_) => crashed("it threw something that cannot be described"),
    }
}
