//! Whose a file is.
//!
//! What Belljar trusts without looking inside (machine code it compiled earlier, the key that authenticates it, a signing
//! key) must belong to the user that runs it, and nobody else may be able to put another one in its place. Elsewhere than on
//! Unix, files carry no such marks, and nothing is checked.
#![cfg(unix)]

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

/// Links on the way to a folder (40, as Linux follows).
const LINKS: usize = 40;

/// Write permission for the group or for everybody.
const OTHERS_WRITE: u32 = 0o022;

/// The bit of a folder in which only a file's owner may rename or remove it.
const STICKY: u32 = 0o1000;

fn me() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether a file is the user's (or root's) and nobody else can read or write it.
pub(crate) fn private_file(found: &Metadata) -> Result<(), String> {
    if found.uid() != me() && found.uid() != 0 {
        return Err(format!("it belongs to another user (number {})", found.uid()));
    }
    if found.permissions().mode() & 0o077 != 0 {
        return Err("others may read or write it; mend it with chmod 600".into());
    }
    Ok(())
}

/// Takes from everybody else what they may do with a file that is the user's. One of another user is an error.
pub(crate) fn make_private(path: &Path, found: &Metadata) -> std::io::Result<()> {
    if found.uid() != me() && found.uid() != 0 {
        let why = format!("it belongs to another user (number {}); name another place", found.uid());
        return Err(std::io::Error::other(why));
    }
    if found.uid() == me() && found.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Whether a path is a link, which may then be followed: it is the user's or root's.
pub(crate) fn leads_on(path: &Path) -> std::io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => {
            trusted(path, &found).map(|()| true).map_err(|why| std::io::Error::other(format!("the link {why}")))
        }
        _ => Ok(false),
    }
}

/// Whether a file that was opened is the user's own, and makes it theirs alone if it shall be `private`. A pipe or a device
/// stays as it is.
pub(crate) fn take(file: &fs::File, private: bool) -> std::io::Result<()> {
    let found = file.metadata()?;
    if !found.is_file() {
        return Ok(());
    }
    if found.uid() != me() {
        let why = format!("it belongs to another user (number {}); name another file", found.uid());
        return Err(std::io::Error::other(why));
    }
    if found.nlink() > 1 {
        return Err(std::io::Error::other("the file has another name, too (a hard link); name another file"));
    }
    if private && found.permissions().mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Whether a file is the user's own and nobody else may write to it.
pub(crate) fn own(found: &Metadata) -> bool {
    found.uid() == me() && found.permissions().mode() & OTHERS_WRITE == 0
}

/// Whether a folder is the user's own, and neither it nor anything on the way to it can be changed by somebody else.
///
/// Folders on the way belong to the user or to root, and others may not write to them, unless they are sticky (as `/tmp`
/// is) and the next step belongs to one of the two. Links on the way are followed, and must belong to one of the two, too.
pub(crate) fn own_folder(folder: &Path) -> Result<(), String> {
    let whole = std::path::absolute(folder).map_err(|e| e.to_string())?;
    let mut steps: VecDeque<OsString> = names(&whole);
    let mut at = PathBuf::from("/");
    let mut links = 0;
    let mut above = look(&at)?;
    trusted(&at, &above)?;
    while let Some(step) = steps.pop_front() {
        if step == ".." {
            at.pop();
            above = look(&at)?;
            continue;
        }
        let next = at.join(&step);
        let found = look(&next)?;
        let others_may = above.permissions().mode() & OTHERS_WRITE != 0;
        if others_may && above.permissions().mode() & STICKY == 0 {
            return Err(format!("{} on the way to it may be written to by others", at.display()));
        }
        trusted(&next, &found)?;
        if found.is_symlink() {
            links += 1;
            if links > LINKS {
                return Err("there are too many links on the way to it".into());
            }
            let target = fs::read_link(&next).map_err(|e| format!("{}: {e}", next.display()))?;
            if target.is_absolute() {
                at = PathBuf::from("/");
                above = look(&at)?;
            }
            for name in names(&target).into_iter().rev() {
                steps.push_front(name);
            }
            continue;
        }
        (at, above) = (next, found);
    }
    if above.uid() != me() {
        return Err(format!("it belongs to another user (number {})", above.uid()));
    }
    if above.permissions().mode() & OTHERS_WRITE != 0 {
        return Err("others may write to it; mend it with chmod 700".into());
    }
    Ok(())
}

fn names(path: &Path) -> VecDeque<OsString> {
    let step = |component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().filter_map(step).collect()
}

fn look(path: &Path) -> Result<Metadata, String> {
    fs::symlink_metadata(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Whether a step belongs to the user or to root.
fn trusted(path: &Path, found: &Metadata) -> Result<(), String> {
    if found.uid() == 0 || found.uid() == me() {
        Ok(())
    } else {
        Err(format!("{} belongs to another user (number {})", path.display(), found.uid()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn only_what_nobody_else_can_change_is_trusted() {
        let place = tempfile::tempdir().unwrap();
        let (outer, inner) = (place.path().join("outer"), place.path().join("outer/inner"));
        fs::create_dir_all(&inner).unwrap();
        mode(&inner, 0o700);
        mode(&outer, 0o755);
        assert_eq!(own_folder(&inner), Ok(()));
        for wrong in [0o777, 0o775, 0o757] {
            mode(&outer, wrong);
            assert!(own_folder(&inner).is_err(), "{wrong:o}");
        }
        mode(&outer, 0o1777);
        assert_eq!(own_folder(&inner), Ok(()), "sticky, as /tmp is");
        mode(&outer, 0o755);
        for wrong in [0o770, 0o702] {
            mode(&inner, wrong);
            assert!(own_folder(&inner).is_err(), "{wrong:o}");
        }
        mode(&inner, 0o755);
        assert_eq!(own_folder(&inner), Ok(()));
        // A link is as good as what it goes through.
        let open = place.path().join("open");
        fs::create_dir(&open).unwrap();
        std::os::unix::fs::symlink(&outer, open.join("link")).unwrap();
        assert_eq!(own_folder(&open.join("link/inner")), Ok(()));
        mode(&open, 0o777);
        assert!(own_folder(&open.join("link/inner")).is_err());
        std::os::unix::fs::symlink("loop", place.path().join("loop")).unwrap();
        assert!(own_folder(&place.path().join("loop/x")).is_err());
    }

    #[test]
    fn another_users_folder_is_not_used() {
        // Only root can give files away; elsewhere there is nothing to test with.
        if me() != 0 {
            return;
        }
        let place = tempfile::tempdir().unwrap();
        let inner = place.path().join("outer/inner");
        fs::create_dir_all(&inner).unwrap();
        mode(&inner, 0o700);
        std::os::unix::fs::chown(&inner, Some(65_534), None).unwrap();
        assert!(own_folder(&inner).unwrap_err().contains("another user"));
        std::os::unix::fs::chown(&inner, Some(0), None).unwrap();
        std::os::unix::fs::chown(place.path().join("outer"), Some(65_534), None).unwrap();
        assert!(own_folder(&inner).unwrap_err().contains("another user"));
    }

    #[test]
    fn a_key_is_private() {
        let place = tempfile::tempdir().unwrap();
        let key = place.path().join("key");
        fs::write(&key, "x").unwrap();
        for (bits, good) in
            [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o644, false), (0o660, false)]
        {
            mode(&key, bits);
            assert_eq!(private_file(&fs::metadata(&key).unwrap()).is_ok(), good, "{bits:o}");
        }
    }
}
