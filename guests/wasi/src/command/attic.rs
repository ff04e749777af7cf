//! The memory's upper end: what of input and output has no room beneath the command lies above it, and moves up when the command's
//! memory grows.
//!
//! The adapter's own state never lies there. A command that writes beyond its memory can reach its own input and output there, in
//! place of trapping, and nothing else.

use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::Cell;

use super::{BASE, guest_most, guest_pages, text};
use crate::single::Single;

const PAGE: usize = 1 << 16;
const BASE_PAGES: usize = BASE / PAGE;
const REFUSED: usize = usize::MAX;

/// Pages of the command; nothing before it begins.
static PAGES: Single<Cell<Option<u32>>> = Single::cell(None);

/// Where the attic begins, and how much of it is used.
static ATTIC: Single<Cell<(usize, usize)>> = Single::cell((0, 0));

/// Pages of the command's memory.
pub(crate) fn pages() -> u32 {
    PAGES.get().unwrap_or_else(|| guest_pages())
}

fn pages_of(bytes: usize) -> usize {
    bytes.div_ceil(PAGE)
}

/// Grows the whole memory: by as much as is wished, or as is needed. By how much it grew.
fn extend(needed: usize, wished: usize) -> Option<usize> {
    [wished, needed].into_iter().find(|pages| memory_grow(0, *pages) != REFUSED)
}

/// Room for more bytes behind what is there.
pub(super) fn room(bytes: usize) -> Option<usize> {
    let top = memory_size(0) * PAGE;
    let (at, used) = match ATTIC.get() {
        (0, _) => (top, 0),
        attic => attic,
    };
    let all = used.checked_add(bytes)?;
    let missing = pages_of(all).saturating_sub(pages_of(top - at));
    if missing > 0 {
        // Twice as much, so that a long output is not extended over and over.
        extend(missing, missing.max(pages_of(used)))?;
    }
    ATTIC.set((at, all));
    Some(at + used)
}

/// Grows the command's memory, as `memory.grow` does.
pub(super) fn grow(by: u32) -> u32 {
    let old = pages();
    match old.checked_add(by) {
        Some(new) if new <= guest_most() && make(new as usize).is_some() => {
            let (from, to) = (BASE + old as usize * PAGE, BASE + new as usize * PAGE);
            if ATTIC.get().0 > 0 {
                // It was part of the attic, or lay before it.
                // SAFETY: these pages exist, and are the command's from now on.
                unsafe { core::ptr::write_bytes(from as *mut u8, 0, to - from) };
            }
            PAGES.set(Some(new));
            old
        }
        _ => u32::MAX,
    }
}

/// Makes room for so many pages of the command.
fn make(new: usize) -> Option<()> {
    let (at, used) = ATTIC.get();
    let there = if at > 0 { at / PAGE } else { memory_size(0) } - BASE_PAGES;
    let Some(missing) = new.checked_sub(there).filter(|missing| *missing > 0) else { return Some(()) };
    if at == 0 {
        return extend(missing, missing).map(drop);
    }
    // It is moved so far that it need not be moved again soon.
    let by = extend(missing, missing + pages_of(used))? * PAGE;
    // SAFETY: the memory has grown by so much.
    unsafe { core::ptr::copy(at as *const u8, (at + by) as *mut u8, used) };
    ATTIC.set((at + by, used));
    text::moved(by);
    Some(())
}
