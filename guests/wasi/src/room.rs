//! Where the host puts what it answers: at a place that was made ready for it, or in a room that is used anew each time.

use core::cell::Cell;

use crate::single::Single;

/// Bytes of the room: a part of a directory ([`crate::files::ENTRIES`]) with the longest names, and some.
const BYTES: usize = 192 << 10;

#[repr(align(16))]
struct Room(Cell<[u8; BYTES]>);

static ROOM: Single<Room> = Single::new(Room(Cell::new([0; BYTES])));
static USED: Single<Cell<usize>> = Single::cell(0);
static TARGET: Single<Cell<(usize, usize)>> = Single::cell((0, 0));
#[cfg(feature = "linked")]
static RECEIVES: Single<Cell<bool>> = Single::cell(false);

/// Asks for one answer, whose first list of bytes goes to this address if it has no more than so many. A text that stands
/// in its place says why there is no answer; nobody reads it.
pub(crate) fn receive(at: *mut u8, length: usize, ask: impl FnOnce()) {
    USED.set(0);
    TARGET.set((at as usize, length));
    #[cfg(feature = "linked")]
    RECEIVES.set(true);
    ask();
    #[cfg(feature = "linked")]
    RECEIVES.set(false);
}

/// Whether what is allocated is for an answer to the adapter.
#[cfg(feature = "linked")]
pub(crate) fn receives() -> bool {
    RECEIVES.get()
}

/// Room for a part of the answer.
pub(crate) fn allocate(align: usize, size: usize) -> usize {
    let (at, length) = TARGET.take();
    if length > 0 && align == 1 && size <= length {
        return at;
    }
    let start = USED.get().next_multiple_of(align.clamp(1, 16));
    let end = start.saturating_add(size);
    if end > BYTES {
        // Nothing that is asked for is as large.
        core::arch::wasm32::unreachable();
    }
    USED.set(end);
    ROOM.0.as_ptr() as usize + start
}
