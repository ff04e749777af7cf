//! The functions of WASI preview 1 (`wasi_snapshot_preview1`), by the names that joining looks for.

mod file;
mod path;
mod poll;

use crate::errno::{Errno, number};
use crate::memory::{Span, put_u32, put_u64};
use crate::{form, room, world};

/// Defines functions that return an error number.
macro_rules! export {
    ($($(#[$m:meta])* fn $name:ident($($argument:ident: $type:ty),*) $body:block)*) => { $(
        $(#[$m])*
        // SAFETY: the name is one that no other function has.
        #[cfg_attr(not(feature = "linked"), unsafe(export_name = concat!("wasi_snapshot_preview1.", stringify!($name))))]
        // What wasi-libc calls them in C.
        #[cfg_attr(feature = "linked", unsafe(export_name = concat!("__imported_wasi_snapshot_preview1_", stringify!($name))))]
        extern "C" fn $name($($argument: $type),*) -> u32 {
            let act = || -> Result<(), Errno> { $body };
            number(act())
        }
    )* };
}
use export;

/// Bytes of random numbers in one call: the world's limit.
const RANDOM: usize = 65_536;

/// The resolution of the clocks: the world's usual precision, in nanoseconds.
const RESOLUTION: u64 = 1_000_000;

/// The clocks that follow the run's own: real time and monotonic time.
const CLOCKS: [u32; 2] = [0, 1];

/// The clocks that count the time of a processor.
const PROCESSOR: [u32; 2] = [2, 3];

export! {
    fn args_sizes_get(count: u32, size: u32) {
        let mut name = [0; form::NAME];
        put_u32(count, 1)?;
        put_u32(size, form::name(&mut name).len() as u32 + 1)
    }

    fn args_get(list: u32, text: u32) {
        let mut name = [0; form::NAME];
        let name = form::name(&mut name);
        let span = Span::new(text, name.len() as u32 + 1)?;
        span.clear();
        span.write(name);
        put_u32(list, text)
    }

    fn environ_sizes_get(count: u32, size: u32) {
        put_u32(count, 0)?;
        put_u32(size, 0)
    }

    fn environ_get(_list: u32, _text: u32) {
        Ok(())
    }

    fn clock_res_get(clock: u32, at: u32) {
        if CLOCKS.contains(&clock) || PROCESSOR.contains(&clock) { put_u64(at, RESOLUTION) } else { Err(Errno::Invalid) }
    }

    /// The run's clock stands still while the command computes, so that it uses no time of a processor.
    fn clock_time_get(clock: u32, _precision: u64, at: u32) {
        if CLOCKS.contains(&clock) {
            put_u64(at, world::now())
        } else if PROCESSOR.contains(&clock) {
            put_u64(at, 0)
        } else {
            Err(Errno::Invalid)
        }
    }

    fn random_get(at: u32, length: u32) {
        form::awake()?;
        let span = Span::new(at, length)?;
        let mut done = 0;
        while done < span.len() {
            let part = span.part(done, RANDOM);
            let mut list = [0; 2];
            // SAFETY: the bytes go to the part, and where they are to a place of its size.
            room::receive(part.address(), part.len(), || unsafe { world::bytes(part.len(), &mut list) });
            done += part.len();
        }
        Ok(())
    }

    fn sched_yield() {
        Ok(())
    }

    fn proc_raise(_signal: u32) {
        Err(Errno::NoSystem)
    }

    fn sock_accept(_fd: u32, _flags: u32, _at: u32) {
        Err(Errno::NotSupported)
    }

    fn sock_recv(_fd: u32, _vectors: u32, _count: u32, _flags: u32, _read: u32, _out: u32) {
        Err(Errno::NotSupported)
    }

    fn sock_send(_fd: u32, _vectors: u32, _count: u32, _flags: u32, _written: u32) {
        Err(Errno::NotSupported)
    }

    fn sock_shutdown(_fd: u32, _how: u32) {
        Err(Errno::NotSupported)
    }
}

// SAFETY: the name is one that no other function has.
#[cfg_attr(not(feature = "linked"), unsafe(export_name = "wasi_snapshot_preview1.proc_exit"))]
#[cfg_attr(feature = "linked", unsafe(export_name = "__imported_wasi_snapshot_preview1_proc_exit"))]
extern "C" fn proc_exit(code: u32) {
    form::exit(code)
}
