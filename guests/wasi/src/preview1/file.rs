//! What is done with descriptors.

use super::export;
use crate::descriptors::{self, ROOT};
use crate::errno::{Errno, number};
use crate::files::{Kind, Mode, Stat};
use crate::form;
use crate::memory::{Span, Vectors, put_u32, put_u64};
use crate::path::Path;

/// Rights: all that there are, and those of the standard streams.
const ALL: u64 = (1 << 30) - 1;
const STREAM: u64 = 1 << 1 | 1 << 6 | 1 << 21 | 1 << 27;

/// The flag of descriptors whose writes go to the end.
const APPEND: u16 = 1;

const INPUT: u32 = 0;
const OUTPUT: u32 = 1;
const ERRORS: u32 = 2;

fn is_stream(fd: u32) -> bool {
    fd <= ERRORS
}

fn is_known(fd: u32) -> Result<(), Errno> {
    if fd <= ROOT { Ok(()) } else { descriptors::with(fd, |_| Ok(())) }
}

/// Writes a `filestat`.
pub(super) fn put_stat(at: u32, stat: Stat, inode: u64) -> Result<(), Errno> {
    let span = Span::new(at, 64)?;
    span.clear();
    span.put(8, &inode.to_le_bytes());
    span.put(16, &[stat.kind.number()]);
    span.put(24, &1u64.to_le_bytes());
    span.put(32, &stat.size.to_le_bytes());
    Ok(())
}

fn read(fd: u32, from: Option<u64>, vectors: u32, count: u32, done: u32) -> Result<(), Errno> {
    let mut total = 0u32;
    for span in Vectors::new(vectors, count)?.iter() {
        let span = span?;
        let got = match (fd, from) {
            (INPUT, None) => form::input(span),
            (INPUT..=ERRORS, Some(_)) => return Err(Errno::IllegalSeek),
            (INPUT..=ERRORS, None) => return Err(Errno::BadDescriptor),
            (ROOT, _) => return Err(Errno::IsDirectory),
            (fd, Some(from)) => descriptors::read(fd, from.saturating_add(total.into()), span)?,
            (fd, None) => {
                let from = descriptors::with(fd, |open| Ok(open.at))?;
                let got = descriptors::read(fd, from, span)?;
                descriptors::with(fd, |open| {
                    open.at = from.saturating_add(got as u64);
                    Ok(got)
                })?
            }
        };
        total = total.saturating_add(got as u32);
        if got < span.len() {
            break;
        }
    }
    put_u32(done, total)
}

fn write(fd: u32, vectors: u32, count: u32, done: u32) -> Result<(), Errno> {
    let mut total = 0u32;
    for span in Vectors::new(vectors, count)?.iter() {
        let span = span?;
        let written = match fd {
            OUTPUT => form::output(span),
            ERRORS => {
                form::errors(span);
                Ok(())
            }
            INPUT => Err(Errno::BadDescriptor),
            ROOT => Err(Errno::IsDirectory),
            fd => descriptors::write(fd, span),
        };
        match written {
            // What was written is told; the next call tells of the error.
            Err(_) if total > 0 => break,
            written => written?,
        }
        total = total.saturating_add(span.len() as u32);
    }
    put_u32(done, total)
}

export! {
    fn fd_advise(fd: u32, _from: u64, _length: u64, _advice: u32) {
        is_known(fd)
    }

    fn fd_allocate(_fd: u32, _from: u64, _length: u64) {
        Err(Errno::NotSupported)
    }

    fn fd_close(fd: u32) {
        if fd <= ROOT { Ok(()) } else { descriptors::close(fd) }
    }

    fn fd_datasync(fd: u32) {
        if fd <= ROOT { Ok(()) } else { descriptors::with(fd, descriptors::finish) }
    }

    fn fd_sync(fd: u32) {
        if fd <= ROOT { Ok(()) } else { descriptors::with(fd, descriptors::finish) }
    }

    fn fd_fdstat_get(fd: u32, at: u32) {
        let (kind, flags, rights) = match fd {
            INPUT..=ERRORS => (0, 0, STREAM),
            ROOT => (Kind::Directory.number(), 0, ALL),
            fd => descriptors::with(fd, |open| Ok((open.kind.number(), if open.append { APPEND } else { 0 }, ALL)))?,
        };
        let span = Span::new(at, 24)?;
        span.clear();
        span.put(0, &[kind]);
        span.put(2, &flags.to_le_bytes());
        span.put(8, &rights.to_le_bytes());
        span.put(16, &rights.to_le_bytes());
        Ok(())
    }

    fn fd_fdstat_set_flags(fd: u32, flags: u32) {
        if fd <= ROOT {
            return Ok(());
        }
        descriptors::with(fd, |open| {
            open.append = flags as u16 & APPEND != 0;
            Ok(())
        })
    }

    fn fd_fdstat_set_rights(fd: u32, _base: u64, _inheriting: u64) {
        is_known(fd)
    }

    fn fd_filestat_get(fd: u32, at: u32) {
        match fd {
            INPUT..=ERRORS => put_stat(at, Stat { size: 0, kind: Kind::Other }, fd.into()),
            ROOT => put_stat(at, Stat { size: 0, kind: Kind::Directory }, Path::root().inode()),
            fd => {
                let (stat, inode) = descriptors::with(fd, |open| Ok((open.stat(), open.path.inode())))?;
                put_stat(at, stat, inode)
            }
        }
    }

    /// A file can be emptied, or keep its size.
    fn fd_filestat_set_size(fd: u32, size: u64) {
        descriptors::forget();
        descriptors::with(fd, |open| {
            if !open.writes {
                return Err(Errno::BadDescriptor);
            }
            if size == 0 && open.size > 0 {
                (open.next, open.size) = (Mode::Replace, 0);
            }
            if size == open.size { Ok(()) } else { Err(Errno::NotSupported) }
        })
    }

    fn fd_filestat_set_times(_fd: u32, _accessed: u64, _modified: u64, _flags: u32) {
        Err(Errno::NotSupported)
    }

    fn fd_pread(fd: u32, vectors: u32, count: u32, from: u64, done: u32) {
        read(fd, Some(from), vectors, count, done)
    }

    /// At a file's end it is what appending is.
    fn fd_pwrite(fd: u32, vectors: u32, count: u32, from: u64, done: u32) {
        if fd <= ROOT {
            return Err(Errno::IllegalSeek);
        }
        let at = descriptors::with(fd, |open| {
            if from == open.size { Ok(core::mem::replace(&mut open.at, from)) } else { Err(Errno::NotSupported) }
        })?;
        let written = write(fd, vectors, count, done);
        descriptors::with(fd, |open| {
            open.at = at;
            written
        })
    }

    fn fd_prestat_get(fd: u32, at: u32) {
        if fd != ROOT {
            return Err(Errno::BadDescriptor);
        }
        let span = Span::new(at, 8)?;
        span.clear();
        span.put(4, &1u32.to_le_bytes());
        Ok(())
    }

    fn fd_prestat_dir_name(fd: u32, at: u32, length: u32) {
        match (fd, length) {
            (ROOT, 0) => Err(Errno::NameTooLong),
            (ROOT, _) => {
                Span::new(at, 1)?.write(b"/");
                Ok(())
            }
            _ => Err(Errno::BadDescriptor),
        }
    }

    fn fd_read(fd: u32, vectors: u32, count: u32, done: u32) {
        read(fd, None, vectors, count, done)
    }

    fn fd_readdir(fd: u32, at: u32, length: u32, cookie: u64, done: u32) {
        let span = Span::new(at, length)?;
        let used = if fd == ROOT {
            form::root(|listing| listing.read(&Path::root(), cookie, span))?
        } else if is_stream(fd) {
            return Err(Errno::NotDirectory);
        } else {
            descriptors::with(fd, |open| match open.kind {
                Kind::Directory => open.listing.read(&open.path, cookie, span),
                _ => Err(Errno::NotDirectory),
            })?
        };
        put_u32(done, used as u32)
    }

    fn fd_renumber(from: u32, to: u32) {
        if from <= ROOT || to <= ROOT { Err(Errno::NotSupported) } else { descriptors::renumber(from, to) }
    }

    fn fd_seek(fd: u32, by: i64, whence: u32, at: u32) {
        if is_stream(fd) {
            return Err(Errno::IllegalSeek);
        }
        let position = descriptors::with(fd, |open| {
            if open.kind == Kind::Directory {
                return Err(Errno::BadDescriptor);
            }
            let base = match whence {
                0 => 0,
                1 => open.at,
                2 => open.size,
                _ => return Err(Errno::Invalid),
            };
            open.at = base.checked_add_signed(by).ok_or(Errno::Invalid)?;
            Ok(open.at)
        })?;
        put_u64(at, position)
    }

    fn fd_tell(fd: u32, at: u32) {
        if is_stream(fd) {
            return Err(Errno::IllegalSeek);
        }
        put_u64(at, descriptors::with(fd, |open| Ok(open.at))?)
    }

    fn fd_write(fd: u32, vectors: u32, count: u32, done: u32) {
        write(fd, vectors, count, done)
    }
}
