//! Paths of the command as paths of the world: absolute, without `.` and `..`.

use crate::errno::Errno;

/// Bytes of a path. Longer ones are refused.
pub const LONGEST: usize = 1024;

/// An absolute path.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Path {
    /// The root.
    pub fn root() -> Path {
        let mut root = Path::NONE;
        root.bytes[0] = b'/';
        root.length = 1;
        root
    }

    /// No path.
    pub const NONE: Path = Path { bytes: [0; LONGEST], length: 0 };

    /// Its text.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Whether it is the root.
    pub fn is_root(&self) -> bool {
        self.length == 1
    }

    /// The path that a relative one names from here. It cannot lead out of where it starts.
    ///
    /// # Errors
    ///
    /// If it is empty, absolute, leads out, is too long or is not UTF-8.
    pub fn join(&self, relative: &[u8]) -> Result<Path, Errno> {
        if core::str::from_utf8(relative).is_err() {
            return Err(Errno::IllegalBytes);
        }
        match relative.first() {
            None => return Err(Errno::NotFound),
            Some(b'/') => return Err(Errno::NotCapable),
            Some(_) => {}
        }
        let mut path = *self;
        let mut depth = 0usize;
        for part in relative.split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => {
                    depth = depth.checked_sub(1).ok_or(Errno::NotCapable)?;
                    path.up();
                }
                name => {
                    depth += 1;
                    path.down(name)?;
                }
            }
        }
        Ok(path)
    }

    fn up(&mut self) {
        let parent = self.bytes().iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        self.length = parent.max(1);
    }

    fn down(&mut self, name: &[u8]) -> Result<(), Errno> {
        let start = if self.is_root() { 1 } else { self.length + 1 };
        let room = self.bytes.get_mut(start..start + name.len()).ok_or(Errno::NameTooLong)?;
        room.copy_from_slice(name);
        if let Some(slash) = self.bytes.get_mut(start - 1) {
            *slash = b'/';
        }
        self.length = start + name.len();
        Ok(())
    }

    /// A number that stands for it, as systems number their files.
    pub fn inode(&self) -> u64 {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        self.bytes().iter().fold(0xcbf2_9ce4_8422_2325, step)
    }
}

impl PartialEq for Path {
    fn eq(&self, other: &Path) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Path {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_below_where_it_starts() {
        let data = Path::root().join(b"data").unwrap();
        for (from, relative, expected) in [
            (Path::root(), &b"data/a.txt"[..], Ok(&b"/data/a.txt"[..])),
            (Path::root(), b".", Ok(b"/")),
            (Path::root(), b"a/../b//./c/", Ok(b"/b/c")),
            (data, b"a/..", Ok(b"/data")),
            (data, "größe".as_bytes(), Ok("/data/größe".as_bytes())),
            (data, b"..", Err(Errno::NotCapable)),
            (data, b"a/../../data/b", Err(Errno::NotCapable)),
            (Path::root(), b"../a", Err(Errno::NotCapable)),
            (data, b"/etc/passwd", Err(Errno::NotCapable)),
            (data, b"", Err(Errno::NotFound)),
            (data, b"\xff", Err(Errno::IllegalBytes)),
            (data, &[b'a'; LONGEST], Err(Errno::NameTooLong)),
        ] {
            let found = from.join(relative);
            assert_eq!(found.as_ref().map(Path::bytes).map_err(|e| *e), expected, "{relative:?}");
        }
    }

    #[test]
    fn other_paths_have_other_numbers() {
        let [a, b] = [b"a", b"b"].map(|name| Path::root().join(name).unwrap().inode());
        assert_ne!(a, b);
    }
}
