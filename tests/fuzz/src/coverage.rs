//! What was reached: the counters that rustc writes into Belljar's crates when `tests/fuzz/instrument.sh` asks it to.
//!
//! There is a counter for each edge between blocks of code. LLVM puts them into one array and hands it to a function with
//! a fixed name before `main`. In a build without them the array is empty.

use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

static START: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
static LENGTH: AtomicUsize = AtomicUsize::new(0);

/// Takes the array of counters; LLVM calls it once for each part of the program, always with the whole array.
#[expect(unsafe_code, reason = "LLVM names the function, so it has a fixed symbol")]
#[unsafe(no_mangle)]
pub extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, stop: *mut u8) {
    START.store(start, Ordering::Relaxed);
    LENGTH.store((stop as usize).saturating_sub(start as usize), Ordering::Relaxed);
}

/// How many counters there are.
pub fn counters() -> usize {
    LENGTH.load(Ordering::Relaxed)
}

/// Calls with the place of each counter that is not 0, and its value, and sets it to 0.
#[expect(unsafe_code, reason = "the counters are an array of LLVM's, which the program's code counts in")]
pub fn take(mut each: impl FnMut(usize, u8)) {
    let start = START.load(Ordering::Relaxed);
    let mut at = 0;
    while at < counters() {
        // SAFETY: `start` and the length are those of an array of bytes that is there for as long as the program. It is
        // read and written through pointers alone, and only the thread that runs a target counts in it meanwhile.
        let counter = unsafe { start.add(at) };
        // Most counters are 0, so they are looked at by eights.
        if counters() - at >= 8 && unsafe { counter.cast::<u64>().read_unaligned() } == 0 {
            at += 8;
            continue;
        }
        let value = unsafe { counter.read_volatile() };
        if value != 0 {
            unsafe { counter.write_volatile(0) };
            each(at, value);
        }
        at += 1;
    }
}

/// What has been reached so far: how often each counter counted, roughly.
#[derive(Debug, Default)]
pub struct Reached(Vec<u8>);

impl Reached {
    /// Takes the counters, and says whether they show anything new.
    pub fn take(&mut self) -> bool {
        self.0.resize(counters(), 0);
        let mut new = false;
        take(|at, value| {
            // Once, twice, thrice, some, many: one bit each.
            let often = match value {
                0..=3 => 1 << (value.max(1) - 1),
                4..=7 => 8,
                8..=15 => 16,
                16..=31 => 32,
                32..=127 => 64,
                _ => 128,
            };
            if let Some(seen) = self.0.get_mut(at).filter(|seen| **seen & often == 0) {
                *seen |= often;
                new = true;
            }
        });
        new
    }

    /// How many edges have been reached.
    pub fn edges(&self) -> usize {
        self.0.iter().filter(|seen| **seen != 0).count()
    }
}
