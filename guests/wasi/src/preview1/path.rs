//! What is done with paths.

use super::export;
use super::file::put_stat;
use crate::descriptors::{self, Open};
use crate::errno::{Errno, number};
use crate::files::{self, Kind, Mode};
use crate::memory::put_u32;

/// How a path is opened: create, must be a directory, must not exist, emptied.
const CREATE: u32 = 1;
const DIRECTORY: u32 = 2;
const EXCLUSIVE: u32 = 4;
const EMPTY: u32 = 8;

/// The rights to read and to write.
const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;

/// The flag of descriptors whose writes go to the end.
const APPEND: u32 = 1;

export! {
    fn path_create_directory(fd: u32, at: u32, length: u32) {
        files::make_directory(&descriptors::path(fd, at, length)?)
    }

    fn path_filestat_get(fd: u32, _flags: u32, at: u32, length: u32, out: u32) {
        let path = descriptors::path(fd, at, length)?;
        put_stat(out, files::stat(&path)?, path.inode())
    }

    fn path_filestat_set_times(
        _fd: u32, _flags: u32, _at: u32, _length: u32, _accessed: u64, _modified: u64, _which: u32
    ) {
        Err(Errno::NotSupported)
    }

    fn path_link(_from: u32, _flags: u32, _at: u32, _length: u32, _to: u32, _new: u32, _new_length: u32) {
        Err(Errno::NotSupported)
    }

    fn path_open(fd: u32, _look: u32, at: u32, length: u32, how: u32, rights: u64, _inheriting: u64, flags: u32, out: u32) {
        let path = descriptors::path(fd, at, length)?;
        if !descriptors::has_room() {
            return Err(Errno::TooManyOpen);
        }
        let is = |flag| how & flag != 0;
        let writes = rights & WRITE != 0 && !is(DIRECTORY);
        let appends = flags & APPEND != 0;
        // What is only written to, anew or at its end, need not be looked at: who may write may not always read.
        let is_written_only =
            writes && is(CREATE) && !is(EXCLUSIVE) && (is(EMPTY) || appends && rights & READ == 0);
        let found = if is_written_only { Err(Errno::NotFound) } else { files::stat(&path) };
        let mut open = match found {
            Ok(_) if is(CREATE) && is(EXCLUSIVE) => return Err(Errno::Exists),
            Ok(stat) if is(DIRECTORY) && stat.kind != Kind::Directory => return Err(Errno::NotDirectory),
            // Whoever asks for all rights, as C does for reading, does not write to a directory.
            Ok(stat) if stat.kind == Kind::Directory && is(EMPTY) => return Err(Errno::IsDirectory),
            Ok(stat) => Open::new(path, stat),
            Err(Errno::NotFound) if is(CREATE) && !is(DIRECTORY) => {
                let mut open = Open::new(path, files::Stat { size: 0, kind: Kind::File });
                open.next = match (is(EXCLUSIVE), is_written_only && appends) {
                    (true, _) => Mode::Create,
                    (_, true) => Mode::Append,
                    _ => Mode::Replace,
                };
                open
            }
            Err(errno) => return Err(errno),
        };
        open.writes = writes && open.kind != Kind::Directory;
        open.append = appends;
        if is(EMPTY) && open.next != Mode::Create {
            (open.next, open.size) = (Mode::Replace, 0);
        }
        descriptors::forget();
        put_u32(out, descriptors::add(open)?)
    }

    /// There are no links.
    fn path_readlink(fd: u32, at: u32, length: u32, _buffer: u32, _room: u32, _done: u32) {
        files::stat(&descriptors::path(fd, at, length)?)?;
        Err(Errno::Invalid)
    }

    fn path_remove_directory(fd: u32, at: u32, length: u32) {
        let path = descriptors::path(fd, at, length)?;
        if files::stat(&path)?.kind == Kind::Directory { files::remove(&path) } else { Err(Errno::NotDirectory) }
    }

    fn path_rename(_fd: u32, _at: u32, _length: u32, _to: u32, _new: u32, _new_length: u32) {
        Err(Errno::NotSupported)
    }

    fn path_symlink(_target: u32, _target_length: u32, _fd: u32, _at: u32, _length: u32) {
        Err(Errno::NotSupported)
    }

    fn path_unlink_file(fd: u32, at: u32, length: u32) {
        let path = descriptors::path(fd, at, length)?;
        descriptors::forget();
        if files::stat(&path)?.kind == Kind::Directory { Err(Errno::IsDirectory) } else { files::remove(&path) }
    }
}
