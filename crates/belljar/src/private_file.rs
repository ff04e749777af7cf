//! Files that hold what a tool and its person did: for their owner alone, and where the person wanted them.

use std::fs::{File, OpenOptions};
use std::path::Path;

/// Opens a file for writing as it is, or makes it, for its owner alone. A pipe or a device is taken as it is.
///
/// A link is followed if it is the user's or root's. One of somebody else, as it can be planted in a shared folder such as
/// `/tmp`, is refused, and so is a file that belongs to somebody else or has a second name.
///
/// # Errors
///
/// The system's reason, or whose it is. Where files have no owners, only the system's.
pub fn open_private(path: &Path) -> std::io::Result<File> {
    open(path, 0o600)
}

/// The same for a file that holds no secret: it gets the mode that files usually get, and keeps the one that it has.
///
/// # Errors
///
/// The same.
pub fn open_own(path: &Path) -> std::io::Result<File> {
    open(path, 0o666)
}

fn open(path: &Path, mode: u32) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(mode);
        if !crate::owner::leads_on(path)? {
            options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        }
    }
    let file = options.open(path)?;
    #[cfg(unix)]
    crate::owner::take(&file, mode == 0o600)?;
    #[cfg(not(unix))]
    let _ = mode;
    Ok(file)
}
