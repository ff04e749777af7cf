//! Open files and directories.

use core::cell::{Cell, RefCell};

use crate::directory::Listing;
use crate::errno::Errno;
use crate::files::{self, Kind, Mode, Stat};
use crate::memory::Span;
use crate::path::Path;
use crate::single::Single;

/// The preopened directory.
pub(crate) const ROOT: u32 = 3;
const FIRST: u32 = 4;

/// How many can be open.
const MOST: usize = 32;

/// Bytes that are read ahead: what C reads in small pieces is one request.
const AHEAD: usize = 64 << 10;

/// An open file or directory.
pub(crate) struct Open {
    /// A table that is all zeros takes no room in the module, which one of options would.
    is_open: bool,
    pub(crate) path: Path,
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    /// The position.
    pub(crate) at: u64,
    pub(crate) writes: bool,
    /// Writes go to the end, wherever the position is.
    pub(crate) append: bool,
    /// How the next write is done.
    pub(crate) next: Mode,
    pub(crate) listing: Listing,
}

impl Open {
    const CLOSED: Open = Open {
        is_open: false,
        path: Path::NONE,
        kind: Kind::File,
        size: 0,
        at: 0,
        writes: false,
        append: false,
        next: Mode::Create,
        listing: Listing::NONE,
    };

    pub(crate) fn new(path: Path, stat: Stat) -> Self {
        Open {
            is_open: true,
            path,
            kind: stat.kind,
            size: stat.size,
            at: 0,
            writes: false,
            append: false,
            next: Mode::Append,
            listing: Listing::START,
        }
    }

    pub(crate) fn stat(&self) -> Stat {
        Stat { size: self.size, kind: self.kind }
    }

    /// It is to be written anew, and was not yet.
    fn is_fresh(&self) -> bool {
        self.writes && self.next != Mode::Append
    }
}

static TABLE: Single<RefCell<[Open; MOST]>> = Single::shared([const { Open::CLOSED }; MOST]);

fn slot(fd: u32) -> Result<usize, Errno> {
    fd.checked_sub(FIRST).map(|slot| slot as usize).ok_or(Errno::BadDescriptor)
}

/// Does something with what is open.
pub(crate) fn with<T>(fd: u32, act: impl FnOnce(&mut Open) -> Result<T, Errno>) -> Result<T, Errno> {
    let mut table = TABLE.borrow_mut();
    let open = table.get_mut(slot(fd)?).filter(|open| open.is_open);
    act(open.ok_or(Errno::BadDescriptor)?)
}

/// The path that a directory and a relative path name.
pub(crate) fn path(directory: u32, at: u32, length: u32) -> Result<Path, Errno> {
    let span = Span::new(at, length)?;
    let mut text = [0; crate::path::LONGEST];
    let text = text.get_mut(..span.len()).ok_or(Errno::NameTooLong)?;
    span.read(text);
    if directory == ROOT {
        return Path::root().join(text);
    }
    with(directory, |open| if open.kind == Kind::Directory { open.path.join(text) } else { Err(Errno::NotDirectory) })
}

/// Whether another could be opened.
pub(crate) fn has_room() -> bool {
    TABLE.borrow().iter().any(|open| !open.is_open)
}

/// Opens something; its descriptor.
pub(crate) fn add(open: Open) -> Result<u32, Errno> {
    let mut table = TABLE.borrow_mut();
    let free = table.iter().position(|open| !open.is_open).ok_or(Errno::TooManyOpen)?;
    if let Some(slot) = table.get_mut(free) {
        *slot = open;
    }
    Ok(free as u32 + FIRST)
}

/// Closes it; a file that was to be written anew, and was not, is empty then.
pub(crate) fn close(fd: u32) -> Result<(), Errno> {
    let done = with(fd, finish);
    if let Some(slot) = TABLE.borrow_mut().get_mut(slot(fd)?) {
        slot.is_open = false;
    }
    forget();
    done
}

/// Writes what is to be written anew though there is nothing to write.
pub(crate) fn finish(open: &mut Open) -> Result<(), Errno> {
    if !open.is_fresh() {
        return Ok(());
    }
    files::write(&open.path, open.next, core::ptr::null(), 0)?;
    open.next = Mode::Append;
    Ok(())
}

/// Gives what is open another descriptor in place of what that had.
pub(crate) fn renumber(from: u32, to: u32) -> Result<(), Errno> {
    let (old, new) = (slot(from)?, slot(to)?);
    with(from, |_| Ok(()))?;
    if old == new {
        return Ok(());
    }
    close(to)?;
    let mut table = TABLE.borrow_mut();
    table.swap(old, new);
    Ok(())
}

/// Writes what a file's descriptor is given.
pub(crate) fn write(fd: u32, span: Span) -> Result<(), Errno> {
    forget();
    let (path, size) = with(fd, |open| {
        if open.kind == Kind::Directory {
            return Err(Errno::IsDirectory);
        }
        if !open.writes {
            return Err(Errno::BadDescriptor);
        }
        if !open.append && open.at != open.size {
            return Err(Errno::NotSupported);
        }
        let mut done = 0;
        while done < span.len() {
            let part = span.part(done, files::MOST);
            files::write(&open.path, open.next, part.address(), part.len())?;
            open.next = Mode::Append;
            done += part.len();
            open.size += part.len() as u64;
            open.at = open.size;
        }
        Ok((open.path, open.size))
    })?;
    // Others that have the same file open know of it.
    for open in TABLE.borrow_mut().iter_mut().filter(|open| open.is_open && open.path == path) {
        open.size = size;
        open.next = Mode::Append;
    }
    Ok(())
}

/// What was read of a file beyond what was asked for.
struct Ahead {
    fd: u32,
    from: u64,
    length: usize,
    bytes: [u8; AHEAD],
}

static AHEAD_OF: Single<RefCell<Ahead>> = Single::shared(Ahead { fd: 0, from: 0, length: 0, bytes: [0; AHEAD] });
static VALID: Single<Cell<bool>> = Single::cell(false);

/// What was read ahead may no longer be so.
pub(crate) fn forget() {
    VALID.set(false);
}

/// Reads from a position of a file into a span; how much there was.
pub(crate) fn read(fd: u32, from: u64, span: Span) -> Result<usize, Errno> {
    let mut done = 0;
    while done < span.len() {
        let got = read_some(fd, from.saturating_add(done as u64), span.part(done, usize::MAX))?;
        if got == 0 {
            break;
        }
        done += got;
    }
    Ok(done)
}

fn read_some(fd: u32, from: u64, span: Span) -> Result<usize, Errno> {
    with(fd, |open| {
        if open.kind == Kind::Directory {
            return Err(Errno::IsDirectory);
        }
        // Of what will be written anew nothing is left.
        let left = if open.is_fresh() { 0 } else { open.size.saturating_sub(from) };
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        if left == 0 {
            return Ok(0);
        }
        let mut ahead = AHEAD_OF.borrow_mut();
        let offset = from.wrapping_sub(ahead.from);
        let known = VALID.get() && ahead.fd == fd && from >= ahead.from && offset < ahead.length as u64;
        if known {
            let length = ahead.length;
            return Ok(span.write(ahead.bytes.get(offset as usize..length).unwrap_or_default()));
        }
        if span.len() >= AHEAD {
            return files::read(&open.path, from, span.address(), span.len().min(left));
        }
        VALID.set(false);
        let length = files::read(&open.path, from, ahead.bytes.as_mut_ptr(), AHEAD.min(left))?;
        (ahead.fd, ahead.from, ahead.length) = (fd, from, length);
        VALID.set(true);
        Ok(span.write(ahead.bytes.get(..length).unwrap_or_default()))
    })
}
