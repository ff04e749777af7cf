//! The input and the output: beneath the command if there is room, else in the attic.

use core::cell::Cell;

use super::{BASE, attic};
use crate::errno::Errno;
use crate::memory::Span;
use crate::single::Single;

unsafe extern "C" {
    /// The linker's: where the adapter's own data ends.
    static __heap_base: u8;
}

/// A text in memory.
#[derive(Clone, Copy)]
struct Text {
    at: usize,
    length: usize,
    room: usize,
}

const NONE: Text = Text { at: 0, length: 0, room: 0 };

/// What of the input was not read yet.
static INPUT: Single<Cell<Text>> = Single::cell(NONE);
static OUTPUT: Single<Cell<Text>> = Single::cell(NONE);

/// Where free memory begins beneath the command.
fn low() -> usize {
    (&raw const __heap_base) as usize
}

/// Room for the input, which takes half of what there is beneath the command, or lies above it.
pub(super) fn input_room(size: usize) -> usize {
    let low = low();
    if size <= (BASE - low) / 2 { low } else { attic::room(size).unwrap_or_else(|| core::arch::wasm32::unreachable()) }
}

/// The run begins.
pub(super) fn begin(at: usize, length: usize) {
    INPUT.set(Text { at, length, room: length });
    let free = if at == low() { at + length } else { low() };
    OUTPUT.set(Text { at: free, length: 0, room: BASE - free });
}

/// The attic was moved up.
pub(super) fn moved(by: usize) {
    for text in [&INPUT, &OUTPUT] {
        let mut moved = text.get();
        if moved.at >= BASE {
            moved.at += by;
        }
        text.set(moved);
    }
}

pub(super) fn input(span: Span) -> usize {
    let Text { at, length, room } = INPUT.get();
    let count = span.len().min(length);
    // SAFETY: the host has written so much there.
    span.write(unsafe { core::slice::from_raw_parts(at as *const u8, count) });
    INPUT.set(Text { at: at + count, length: length - count, room });
    count
}

pub(super) fn input_left() -> usize {
    INPUT.get().length
}

pub(super) fn output(span: Span) -> Result<(), Errno> {
    let mut text = OUTPUT.get();
    let needed = text.length.checked_add(span.len()).ok_or(Errno::NoSpace)?;
    if needed > text.room {
        text = if text.at >= BASE {
            // It is the last in the attic, which has room behind it now.
            attic::room(needed - text.room).ok_or(Errno::NoSpace)?;
            Text { room: needed, ..OUTPUT.get() }
        } else {
            let at = attic::room(needed).ok_or(Errno::NoSpace)?;
            // SAFETY: the room is new, and nothing else lies there.
            unsafe { core::ptr::copy_nonoverlapping(text.at as *const u8, at as *mut u8, text.length) };
            Text { at, room: needed, ..text }
        };
    }
    // SAFETY: there is room for it.
    unsafe {
        core::ptr::copy_nonoverlapping(span.address(), (text.at + text.length) as *mut u8, span.len());
    }
    OUTPUT.set(Text { length: needed, ..text });
    Ok(())
}

/// What was written, without white space around it.
pub(super) fn written() -> &'static [u8] {
    let Text { at, length, .. } = OUTPUT.get();
    // SAFETY: so much was written there, and nothing is written any more.
    unsafe { core::slice::from_raw_parts(at as *const u8, length) }.trim_ascii()
}
