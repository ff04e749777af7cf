//! Requests of the world's interface `files`, each waited for.

use crate::errno::Errno;
use crate::path::Path;
use crate::{form, room, world};

/// Entries of a directory that are asked for at a time.
pub(crate) const ENTRIES: u32 = 128;

/// Bytes that one request reads or writes at most: the world's limit for one transfer, halved.
pub(crate) const MOST: usize = 8 << 20;

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Create = 0,
    Replace = 1,
    Append = 2,
}

/// What a path names.
#[derive(Clone, Copy)]
pub(crate) struct Stat {
    pub(crate) size: u64,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Directory,
    Other,
}

impl Kind {
    fn of(number: u8) -> Kind {
        match number {
            0 => Kind::File,
            1 => Kind::Directory,
            _ => Kind::Other,
        }
    }

    /// The number that preview 1 has for it.
    pub(crate) fn number(self) -> u8 {
        match self {
            Kind::File => 4,
            Kind::Directory => 3,
            Kind::Other => 0,
        }
    }
}

/// `result<response, failure>`: five words.
type Words = [u64; 5];

/// Starts a request and waits for it; its bytes go to a place.
fn ask(start: impl FnOnce() -> u32, at: *mut u8, length: usize) -> Result<Words, Errno> {
    form::awake()?;
    let ticket = start();
    let (mut waited, mut words) = ([0u32; 2], [0u64; 5]);
    // SAFETY: one ticket is read, and results are written to places of their sizes.
    unsafe { world::wait(&ticket, 1, 0, 0, &mut waited) };
    // SAFETY: as above; what it allocates is where [`room`] has room.
    room::receive(at, length, || unsafe { world::take(ticket, &mut words) });
    let [result, case, ..] = words;
    if result as u8 == 0 {
        return Ok(words);
    }
    Err(match case as u8 {
        0 => Errno::Access,
        1 => Errno::Quota,
        2 => Errno::NotFound,
        3 => Errno::Invalid,
        4 => Errno::TooBig,
        5 => Errno::TimedOut,
        _ => Errno::Io,
    })
}

/// A request that consists of a path.
fn plain(request: u32, path: &Path) -> Result<Words, Errno> {
    let text = path.bytes();
    // SAFETY: the path is read.
    let start = || unsafe { world::start(request, text.as_ptr(), text.len(), 0, 0, 0) };
    ask(start, core::ptr::null_mut(), 0)
}

/// Reads from an offset on; how many bytes there were. The place must have so much room.
pub(crate) fn read(path: &Path, offset: u64, at: *mut u8, length: usize) -> Result<usize, Errno> {
    let text = path.bytes();
    let length = length.min(MOST);
    // SAFETY: the path is read.
    let start = || unsafe { world::start(0, text.as_ptr(), text.len(), offset, 1, length as u64) };
    let [_, _, list, ..] = ask(start, at, length)?;
    Ok(((list >> 32) as usize).min(length))
}

/// Writes at a file's end, or the file anew.
pub(crate) fn write(path: &Path, mode: Mode, at: *const u8, length: usize) -> Result<(), Errno> {
    let text = path.bytes();
    // SAFETY: path and bytes are read; the caller has checked that the bytes exist.
    let start = || unsafe { world::start(1, text.as_ptr(), text.len(), at as u64, length, mode as u64) };
    match ask(start, core::ptr::null_mut(), 0) {
        Err(Errno::Invalid) if mode == Mode::Create => Err(Errno::Exists),
        result => result.map(drop),
    }
}

/// What a path names. The root is there whatever is granted.
pub(crate) fn stat(path: &Path) -> Result<Stat, Errno> {
    if path.is_root() {
        return Ok(Stat { size: 0, kind: Kind::Directory });
    }
    let [_, _, _, kind, size] = plain(3, path)?;
    Ok(Stat { size, kind: Kind::of(kind as u8) })
}

/// Removes a file or an empty directory.
pub(crate) fn remove(path: &Path) -> Result<(), Errno> {
    plain(4, path).map(drop)
}

/// Makes a directory.
pub(crate) fn make_directory(path: &Path) -> Result<(), Errno> {
    match plain(5, path) {
        Err(Errno::Invalid) if stat(path).is_ok() => Err(Errno::Exists),
        result => result.map(drop),
    }
}

/// An entry of a directory.
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) kind: Kind,
}

/// Gives up to [`ENTRIES`] entries behind a name to `each`, until it wants no more. How many there were in this part.
pub(crate) fn list(path: &Path, after: &[u8], mut each: impl FnMut(Entry<'_>) -> bool) -> Result<usize, Errno> {
    let text = path.bytes();
    // SAFETY: path and name are read.
    let start = || unsafe { world::start_page(text.as_ptr(), text.len(), after.as_ptr(), after.len(), ENTRIES) };
    let [_, _, list, ..] = ask(start, core::ptr::null_mut(), 0)?;
    let (at, count) = (list as u32 as usize as *const [u32; 6], (list >> 32) as usize);
    // SAFETY: the host has written so many entries to a place in [`room`], and their names to others. Nothing is asked
    // before this function returns.
    let entries = unsafe { slice(at, count) };
    for [name, length, kind, ..] in entries {
        // SAFETY: as above.
        let name = unsafe { slice(*name as usize as *const u8, *length as usize) };
        if !each(Entry { name, kind: Kind::of(*kind as u8) }) {
            break;
        }
    }
    Ok(count)
}

/// The list at an address; an empty one may be anywhere.
///
/// # Safety
///
/// Unless it is empty, so many values lie there, and do not change meanwhile.
unsafe fn slice<'a, T>(at: *const T, count: usize) -> &'a [T] {
    if count == 0 {
        return &[];
    }
    // SAFETY: by the caller.
    unsafe { core::slice::from_raw_parts(at, count) }
}
