//! `fd_readdir`: a directory in parts, each going on where the last one ended.

use crate::errno::Errno;
use crate::files::{self, Entry, Kind};
use crate::memory::Span;
use crate::path::Path;

/// Bytes of a name: the world's limit for one behind which a part begins.
const NAME: usize = 1024;

/// Bytes of an entry without its name.
const HEAD: usize = 24;

/// The entries that a directory has besides those of the world.
const OWN: [&[u8]; 2] = [b".", b".."];

/// How far a directory was read.
pub(crate) struct Listing {
    /// The number of the next entry, as the command knows it.
    cookie: u64,
    name: [u8; NAME],
    length: usize,
}

impl Listing {
    pub(crate) const NONE: Listing = Listing { cookie: 0, name: [0; NAME], length: 0 };
    pub(crate) const START: Listing = Listing { cookie: OWN.len() as u64, name: [0; NAME], length: 0 };

    fn after(&self) -> &[u8] {
        self.name.get(..self.length).unwrap_or_default()
    }

    fn passed(&mut self, name: &[u8]) -> bool {
        match self.name.get_mut(..name.len()) {
            Some(room) => {
                room.copy_from_slice(name);
                (self.length, self.cookie) = (name.len(), self.cookie + 1);
                true
            }
            None => false,
        }
    }

    /// Writes entries from number `cookie` on until the room is full; how many bytes. The last entry is cut if need be.
    pub(crate) fn read(&mut self, path: &Path, cookie: u64, span: Span) -> Result<usize, Errno> {
        let mut used = 0;
        for (number, name) in (0..).zip(OWN) {
            if number >= cookie {
                let entry = Entry { name, kind: Kind::Directory };
                put(span, &mut used, number + 1, path.inode(), &entry);
            }
        }
        let cookie = cookie.max(OWN.len() as u64);
        if self.cookie > cookie {
            *self = Listing::START;
        }
        while used < span.len() {
            // The names are those of the last answer, which stays until the next request.
            let mut after = [0; NAME];
            let length = self.length;
            if let Some(room) = after.get_mut(..length) {
                room.copy_from_slice(self.after());
            }
            let mut full = false;
            let count = files::list(path, after.get(..length).unwrap_or_default(), |entry| {
                if self.cookie >= cookie {
                    let inode = path.join(entry.name).map_or(0, |path| path.inode());
                    full = !put(span, &mut used, self.cookie + 1, inode, &entry);
                }
                !full && self.passed(entry.name)
            })?;
            if full || count < files::ENTRIES as usize {
                break;
            }
        }
        Ok(used)
    }
}

/// Writes an entry as far as there is room; whether there was enough.
fn put(span: Span, used: &mut usize, next: u64, inode: u64, entry: &Entry<'_>) -> bool {
    let mut head = [0; HEAD];
    let fields: [(usize, &[u8]); 4] = [
        (0, &next.to_le_bytes()),
        (8, &inode.to_le_bytes()),
        (16, &(entry.name.len() as u32).to_le_bytes()),
        (20, &[entry.kind.number()]),
    ];
    for (at, bytes) in fields {
        if let Some(room) = head.get_mut(at..at + bytes.len()) {
            room.copy_from_slice(bytes);
        }
    }
    for part in [&head, entry.name] {
        *used += span.part(*used, part.len()).write(part);
    }
    *used < span.len()
}
