//! The imports of a guest, bound to the core.

use belljar_core::Stop;
use belljar_core::abi::{Fault, Writer};
use belljar_core::calls::{self, Called, Import, Reply};
use wasmtime::{Caller, FuncType, Linker, Result, TypedFunc, Val};

use crate::guest::{Guest, Handles};

/// Slices of fuel between two moments at which other runs get their turn.
const SLICES_PER_TURN: u32 = 8;

fn raw(values: &[Val]) -> [u64; 16] {
    let mut raw = [0; 16];
    for (slot, value) in raw.iter_mut().zip(values) {
        *slot = match value {
            Val::I32(v) => u64::from(v.cast_unsigned()),
            Val::I64(v) => v.cast_unsigned(),
            _ => 0,
        };
    }
    raw
}

/// Asks the core what a call means and takes its price off the guest's counter.
fn call(caller: &mut Caller<'_, Guest>, import: Import, arguments: &[Val]) -> Result<Reply> {
    let Some(handles) = caller.data().instance else {
        return Err(Stop::Host("the guest called before it was set up".into()).into());
    };
    // A call can make the host work: each is a moment to end at, not only the end of a slice.
    caller.data().check()?;
    let counter = match handles.fuel.get(&mut *caller) {
        Val::I64(counter) => counter,
        _ => 0,
    };
    let arguments = &raw(arguments)[..arguments.len().min(16)];
    let called = match handles.memory {
        Some(memory) => {
            let (bytes, guest) = memory.data_and_store_mut(&mut *caller);
            calls::call(&mut guest.session, &mut guest.meter, import, arguments, bytes, counter)?
        }
        None => {
            let guest = caller.data_mut();
            calls::call(&mut guest.session, &mut guest.meter, import, arguments, &[], counter)?
        }
    };
    charge(caller, called)
}

/// Takes the price of a call off the guest's counter.
fn charge(caller: &mut Caller<'_, Guest>, called: Called) -> Result<Reply> {
    if let Some(handles) = caller.data().instance
        && let Val::I64(fuel) = handles.fuel.get(&mut *caller)
        && called.fuel != 0
    {
        handles.fuel.set(&mut *caller, Val::I64(fuel.saturating_sub(called.fuel)))?;
    }
    Ok(called.reply)
}

/// Returns what needs no waiting.
fn answer(caller: &mut Caller<'_, Guest>, reply: Reply, results: &mut [Val]) -> Result<()> {
    let value = match reply {
        Reply::Nothing | Reply::Store(..) | Reply::Wait(_) => return Ok(()),
        Reply::Console(level, text) => {
            caller.data().show(level, &text);
            return Ok(());
        }
        Reply::Value(value) => value,
        Reply::End(outcome) => return Err(Stop::Ended(outcome).into()),
    };
    if let Some(slot) = results.first_mut() {
        *slot = match slot {
            Val::I64(_) => Val::I64(value.cast_signed()),
            _ => Val::I32((value as u32).cast_signed()),
        };
    }
    // A request can be one to be performed, or one that a person is asked about.
    caller.data_mut().pump()?;
    Ok(())
}

/// Lets the guest allocate what a value needs, then writes it.
async fn store(caller: &mut Caller<'_, Guest>, head: u32, plan: Writer) -> Result<()> {
    let Some(Handles { memory: Some(memory), realloc, .. }) = caller.data().instance else {
        return Err(Stop::Abi(Fault::Realloc).into());
    };
    let mut bases = Vec::new();
    for (align, size) in plan.allocations() {
        let realloc = realloc.ok_or(Stop::Abi(Fault::Realloc))?;
        let realloc: TypedFunc<(u32, u32, u32, u32), u32> = realloc.typed(&mut *caller)?;
        bases.push(realloc.call_async(&mut *caller, (0, 0, align, size)).await?);
    }
    plan.write(memory.data_mut(&mut *caller), head, &bases).map_err(Stop::Abi)?;
    Ok(())
}

/// Binds one import to the core.
pub(crate) fn bind(linker: &mut Linker<Guest>, module: &str, name: &str, ty: FuncType, import: Import) -> Result<()> {
    match import {
        Import::Start(_)
        | Import::StartReplace
        | Import::StartKeys
        | Import::StartEntries
        | Import::ConsoleWrite
        | Import::ClockNow
        | Import::End => {
            // `ClockNow` returns a 64-bit value; the slot's type tells.
            let wide = matches!(import, Import::ClockNow);
            linker.func_new(module, name, ty, move |mut caller, arguments, results| {
                if wide && let Some(slot) = results.first_mut() {
                    *slot = Val::I64(0);
                }
                let reply = call(&mut caller, import, arguments)?;
                answer(&mut caller, reply, results)
            })?;
        }
        Import::Wait | Import::Take(_) | Import::RandomBytes | Import::ArtifactsWrite => {
            linker.func_new_async(module, name, ty, move |mut caller, arguments, _| {
                Box::new(async move {
                    match call(&mut caller, import, arguments)? {
                        Reply::Store(head, plan) => store(&mut caller, head, plan).await,
                        Reply::Wait(head) => {
                            let ticket = caller.data_mut().wait().await?;
                            let guest = caller.data_mut();
                            let called = calls::go_on(&guest.session, &mut guest.meter, ticket, head);
                            match charge(&mut caller, called)? {
                                Reply::Store(head, plan) => store(&mut caller, head, plan).await,
                                _ => Ok(()),
                            }
                        }
                        _ => Err(Stop::Host("an unexpected reply of the core".into()).into()),
                    }
                })
            })?;
        }
    }
    Ok(())
}

/// Binds the meter: hands out the next slice of fuel or ends the run.
pub(crate) fn bind_meter(linker: &mut Linker<Guest>) -> Result<()> {
    linker.func_wrap_async("belljar:meter", "refill", |mut caller: Caller<'_, Guest>, (counter,): (i64,)| {
        Box::new(async move {
            let next = caller.data_mut().meter.refill(counter)?;
            // The guest does the same; if the run ends here, this is what was used.
            if let Some(handles) = caller.data().instance {
                handles.fuel.set(&mut caller, Val::I64(next))?;
            }
            let guest = caller.data_mut();
            guest.check()?;
            guest.session.run().checkpoint(guest.meter.used(next))?;
            guest.slices += 1;
            if guest.slices.is_multiple_of(SLICES_PER_TURN) {
                tokio::task::yield_now().await;
            }
            Ok(next)
        })
    })?;
    Ok(())
}
