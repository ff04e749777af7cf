//! The form in which the adapter is a static library, linked into an interpreter that is a guest itself.
//!
//! Both have one memory and one `cabi_realloc`, which is the interpreter's: it asks [`belljar_wasi_room`] first. While the
//! interpreter is started for its snapshot there is no world: the clock stands at 0, and files and randomness are errors. It says
//! [`belljar_wasi_awake`] when there is one. There is no standard input; standard output and standard error are lines of the
//! console.

use core::cell::{Cell, RefCell};

use crate::directory::Listing;
use crate::errno::Errno;
use crate::lines::{Lines, lossy};
use crate::memory::Span;
use crate::single::Single;
use crate::{room, world};

/// Where the interpreter's address 0 is.
pub(crate) const BASE: usize = 0;

/// Bytes of the tool's name, which an interpreter is not told.
pub(crate) const NAME: usize = 8;

static AWAKE: Single<Cell<bool>> = Single::cell(false);
static ROOT: Single<RefCell<Listing>> = Single::shared(Listing::START);
static OUTPUT: Single<RefCell<Lines>> = Single::shared(Lines::NEW);
static ERRORS: Single<RefCell<Lines>> = Single::shared(Lines::NEW);
static LINE: Single<RefCell<[u8; 16 << 10]>> = Single::shared([0; 16 << 10]);

/// Whether there is a world.
pub(crate) fn awake() -> Result<(), Errno> {
    if AWAKE.get() { Ok(()) } else { Err(Errno::Io) }
}

/// Bytes of memory that there are.
pub(crate) fn size() -> u64 {
    (core::arch::wasm32::memory_size(0) as u64) << 16
}

pub(crate) fn name(_into: &mut [u8; NAME]) -> &'static [u8] {
    b"tool"
}

/// Standard input is at its end.
pub(crate) fn input(_span: Span) -> usize {
    0
}

pub(crate) fn input_left() -> usize {
    0
}

/// Writes to standard output.
pub(crate) fn output(span: Span) -> Result<(), Errno> {
    write(&OUTPUT, world::LOG, span);
    Ok(())
}

/// Writes to standard error.
pub(crate) fn errors(span: Span) {
    write(&ERRORS, world::ERROR, span);
}

fn write(lines: &RefCell<Lines>, level: u32, span: Span) {
    let (mut lines, mut done, mut part) = (lines.borrow_mut(), 0, [0; 256]);
    while done < span.len() {
        let count = span.part(done, part.len()).read(&mut part);
        lines.write(part.get(..count).unwrap_or_default(), |line| show(level, line));
        done += count;
    }
}

/// Does something with how far the root was listed.
pub(crate) fn root<T>(act: impl FnOnce(&mut Listing) -> T) -> T {
    act(&mut ROOT.borrow_mut())
}

/// Shows a line on the console.
fn show(level: u32, line: &[u8]) {
    let mut whole = LINE.borrow_mut();
    let length = lossy(line, whole.as_mut_slice());
    // SAFETY: so many bytes are UTF-8.
    unsafe { world::console(level, whole.as_ptr(), length) };
}

/// `fault-kind.failed`
const FAILED: usize = 0;

/// Ends the run from wherever the interpreter is, without an output if the code is 0.
pub(crate) fn exit(code: u32) -> ! {
    belljar_wasi_flush();
    if code == 0 {
        // SAFETY: the output is a text in static memory.
        unsafe { world::end(0, "null".as_ptr() as usize, 4, 0, 0, 0, 0, 0) }
    }
    let message = "the tool ended itself with an exit code other than 0";
    let at = |text: &str| text.as_ptr() as usize;
    // SAFETY: as above.
    unsafe { world::end(1, FAILED, at("exit"), 4, at(message), message.len(), 1, 0) }
}

/// There is a world from now on.
// SAFETY: no other function has one of these names.
#[unsafe(no_mangle)]
extern "C" fn belljar_wasi_awake() {
    AWAKE.set(true);
}

/// Room for an answer that the adapter has asked for; 0 if the interpreter did.
#[unsafe(no_mangle)]
extern "C" fn belljar_wasi_room(align: usize, size: usize) -> usize {
    if room::receives() { room::allocate(align, size) } else { 0 }
}

/// Shows lines that have no end yet.
#[unsafe(no_mangle)]
extern "C" fn belljar_wasi_flush() {
    OUTPUT.borrow_mut().flush(|line| show(world::LOG, line));
    ERRORS.borrow_mut().flush(|line| show(world::ERROR, line));
}
