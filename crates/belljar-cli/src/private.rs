//! Files that Belljar writes for a person: private to them, and never through a link that somebody else put there.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a file for writing, empty. It is made if it is not there, and only its owner can read and write it.
///
/// A link at a name that the person gave is followed if it is theirs or root's (`/dev/stderr` is one).
pub(crate) fn create(path: &Path) -> io::Result<File> {
    emptied(belljar::open_private(path)?)
}

/// The same for what is no secret: it keeps its mode.
pub(crate) fn create_own(path: &Path) -> io::Result<File> {
    let file = belljar::open_own(path)?;
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    Ok(file)
}

/// The same as [`create`] at a name that Belljar derives from another one, so that no link there can be the person's.
pub(crate) fn create_beside(path: &Path) -> io::Result<File> {
    emptied(open_beside(path)?)
}

/// Opens such a file as it is, or makes it.
pub(crate) fn open_beside(path: &Path) -> io::Result<File> {
    let mut options = options();
    options.create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Without NONBLOCK, a pipe there would be waited for.
        options.custom_flags((rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed());
    }
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("there is something else than a file"));
    }
    Ok(file)
}

/// Makes a file that must not be there yet; what is there, link or not, is an error.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    options().create_new(true).open(path)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn emptied(file: File) -> io::Result<File> {
    // A pipe or a device is as empty as it gets, and its mode is not ours to set.
    if file.metadata()?.is_file() {
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        file.set_len(0)?;
    }
    Ok(file)
}
