//! Runs rewritten core modules in wasmtime, with a host that hands out fuel in slices.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by them")]

use belljar_admit::limits;
use wasmtime::{Config, Engine, Func, FuncType, Instance, Linker, Module, OptLevel, Store, Trap, Val, ValType};

/// Why a call ended, in words that are the same for the original and for the rewritten module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It returned these values.
    Values(Vec<String>),
    Trap(Trap),
    OutOfFuel,
    Deep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stopped(Why);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Fuel,
    Stack,
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::error::Error for Stopped {}

fn config() -> Config {
    let mut config = Config::new();
    config.cranelift_opt_level(OptLevel::Speed);
    config.max_wasm_stack(8 << 20);
    config.async_stack_size(9 << 20);
    config
}

/// An engine as Belljar uses it: NaNs are made canonical by the rewriting.
pub fn plain() -> Engine {
    Engine::new(&config()).unwrap()
}

/// An engine that counts fuel itself.
pub fn fuelled() -> Engine {
    let mut config = config();
    config.consume_fuel(true);
    config.cranelift_nan_canonicalization(true);
    Engine::new(&config).unwrap()
}

/// A budget that is handed out in slices.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub fuel: i64,
    pub slice: i64,
    given: i64,
}

impl Budget {
    pub fn new(fuel: i64, slice: i64) -> Self {
        Budget { fuel, slice, given: fuel.min(slice) }
    }

    fn refill(&mut self, counter: i64) -> Result<i64, Stopped> {
        if counter == i64::MIN {
            return Err(Stopped(Why::Stack));
        }
        let charged = self.given - counter;
        let left = self.fuel - charged;
        if left < 0 {
            return Err(Stopped(Why::Fuel));
        }
        let slice = left.min(self.slice);
        self.given = charged + slice;
        Ok(slice)
    }
}

/// A rewritten module in an instance of its own.
pub struct Metered {
    pub store: Store<Budget>,
    pub instance: Instance,
}

pub fn bind(linker: &mut Linker<Budget>) {
    linker
        .func_wrap("belljar:meter", "refill", |mut caller: wasmtime::Caller<'_, Budget>, counter: i64| {
            Ok(caller.data_mut().refill(counter)?)
        })
        .unwrap();
}

impl Metered {
    /// Instantiates a rewritten module without imports of its own; nothing has run then.
    pub fn new(engine: &Engine, module: &Module, budget: Budget, pages: i32) -> Result<Self, End> {
        let mut linker = Linker::new(engine);
        bind(&mut linker);
        let mut store = Store::new(engine, budget);
        let instance = linker.instantiate(&mut store, module).map_err(|e| end(&e))?;
        let mut metered = Metered { store, instance };
        metered.set("belljar:fuel", Val::I64(budget.given));
        metered.set("belljar:stack", Val::I64(limits::STACK_SLOTS));
        metered.set("belljar:pages", Val::I32(pages));
        Ok(metered)
    }

    pub fn set(&mut self, name: &str, value: Val) {
        let global = self.instance.get_global(&mut self.store, name).unwrap();
        global.set(&mut self.store, value).unwrap();
    }

    pub fn get(&mut self, name: &str) -> Val {
        self.instance.get_global(&mut self.store, name).unwrap().get(&mut self.store)
    }

    /// What was charged so far, as far as the global tells.
    pub fn charged(&mut self) -> i64 {
        let Val::I64(counter) = self.get("belljar:fuel") else { unreachable!() };
        self.store.data().given - counter
    }

    /// Calls an export with zeros, and asks once more whether there was enough fuel, as a host does.
    pub fn call(&mut self, name: &str) -> End {
        let function = self.instance.get_func(&mut self.store, name).unwrap();
        let result = call(&mut self.store, &function);
        let Val::I64(counter) = self.get("belljar:fuel") else { unreachable!() };
        match result {
            End::Values(_) if counter < 0 => match self.store.data_mut().refill(counter) {
                Ok(slice) => {
                    self.set("belljar:fuel", Val::I64(slice));
                    result
                }
                Err(_) => End::OutOfFuel,
            },
            result => result,
        }
    }
}

/// Calls a function with zeros.
pub fn call<T: 'static>(store: &mut Store<T>, function: &Func) -> End {
    let ty: FuncType = function.ty(&*store);
    let arguments: Vec<Val> = ty.params().map(|ty| zero(&ty)).collect();
    let mut results: Vec<Val> = ty.results().map(|ty| zero(&ty)).collect();
    match function.call(&mut *store, &arguments, &mut results) {
        Ok(()) => End::Values(results.iter().map(shown).collect()),
        Err(error) => end(&error),
    }
}

/// References are equal if both are null or neither is.
fn shown(value: &Val) -> String {
    match value {
        Val::FuncRef(function) => format!("function: {}", function.is_some()),
        Val::V128(bits) => format!("{:x}", bits.as_u128()),
        other => format!("{other:?}"),
    }
}

fn zero(ty: &ValType) -> Val {
    match ty {
        ValType::I32 => Val::I32(0),
        ValType::I64 => Val::I64(0),
        ValType::F32 => Val::F32(0),
        ValType::F64 => Val::F64(0),
        ValType::V128 => Val::V128(0.into()),
        ValType::Ref(_) => Val::FuncRef(None),
    }
}

pub fn end(error: &wasmtime::Error) -> End {
    if let Some(stopped) = error.downcast_ref::<Stopped>() {
        return match stopped.0 {
            Why::Fuel => End::OutOfFuel,
            Why::Stack => End::Deep,
        };
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => End::OutOfFuel,
        Some(trap) => End::Trap(*trap),
        None => panic!("{error:#}"),
    }
}

/// Runs a test where there is room for the stack that engines are given here.
pub fn with_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(32 << 20).spawn(test).unwrap().join().unwrap();
}
