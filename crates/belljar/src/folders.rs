//! Whether what a policy grants of this machine is there, so that a mistake is told before a run and not to the tool.

use std::io::ErrorKind;
use std::path::Path;

use belljar_policy::{Mount, Policy};
use thiserror::Error;

/// A folder or file that is granted and cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("what is granted as {guest} cannot be opened: {reason}")]
pub struct FolderError {
    /// How the tool would see it.
    pub guest: String,
    /// What is wrong, and how to mend it.
    pub reason: String,
}

/// Checks that each folder and file which a policy allows or asks about is there and can be opened. Relative ones start at
/// `base`.
///
/// # Errors
///
/// The first one that cannot.
///
/// ```
/// use belljar::{Effect, Policy, check_folders};
///
/// let mut policy = Policy::deny_all();
/// policy.add(Effect::Allow, "files read ./no-such-folder as /data")?;
/// let error = check_folders(&policy, "".as_ref()).unwrap_err();
/// assert!(error.to_string().contains("there is no ./no-such-folder"));
/// # Ok::<(), belljar::policy::RuleError>(())
/// ```
pub fn check_folders(policy: &Policy, base: &Path) -> Result<(), FolderError> {
    for mount in policy.granted() {
        check(mount, base).map_err(|reason| FolderError { guest: mount.guest.to_string(), reason })?;
    }
    Ok(())
}

fn check(mount: &Mount, base: &Path) -> Result<(), String> {
    let host = &mount.host;
    let path = base.join(host);
    let whole = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
    let place = if whole == *host { String::new() } else { format!(" (that is {})", whole.display()) };
    let metadata = match std::fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(_) if cfg!(not(windows)) && is_of_windows(host) => {
            return Err(format!(
                "{host} is a path of Windows, which this system does not have: write it as it is here, with \"/\""
            ));
        }
        Err(_) if host.contains('$') || host.contains('%') => {
            return Err(format!(
                "there is no {host}{place}; variables are the shell's and are not filled in here: between apostrophes the \
                 shell does not fill them in either, so write the path itself"
            ));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let name = host.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            let mend = if name.contains('.') && !name.starts_with('.') {
                "a file that is granted must be there; grant the folder that it is to be made in"
            } else {
                "make the folder first, or write where it is; relative paths start in the folder that the run starts in"
            };
            return Err(format!("there is no {host}{place}: {mend}"));
        }
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            return Err(format!("{host}{place} leads through a file as if it were a folder"));
        }
        Err(error) => return Err(format!("{host}{place}: {}", plainly(&error))),
    };
    let opened = if metadata.is_dir() {
        std::fs::read_dir(&path).map(drop)
    } else if metadata.is_file() {
        Ok(())
    } else {
        return Err(format!("{host}{place} is neither a folder nor a file"));
    };
    opened.map_err(|error| format!("{host}{place}: {}", plainly(&error)))
}

/// Whether a path is written as only Windows has them.
fn is_of_windows(path: &str) -> bool {
    let drive = matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    drive || path.contains('\\')
}

fn plainly(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => "you may not open it".into(),
        kind => kind.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use belljar_policy::Effect;

    use super::*;

    #[test]
    fn what_is_granted_is_there_or_the_mistake_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        std::fs::write(folder.path().join("a.txt"), "x").unwrap();
        for (rule, expected) in [
            ("files read ./data as /data", None),
            ("files read a.txt as /a.txt", None),
            ("files read ./nope as /data", Some("there is no ./nope")),
            ("files read ./b.txt as /data", Some("grant the folder")),
            ("files read a.txt/x as /data", Some("as if it were a folder")),
            ("files read $HOME/data as /data", Some("variables are the shell's")),
            #[cfg(unix)]
            ("files read C:\\Users\\me as /data", Some("path of Windows")),
            #[cfg(unix)]
            ("files read /dev/null as /data", Some("neither a folder nor a file")),
        ] {
            let mut policy = Policy::deny_all();
            policy.add(Effect::Allow, rule).unwrap();
            let found = check_folders(&policy, folder.path()).err().map(|error| error.to_string());
            match (&found, expected) {
                (None, None) => {}
                (Some(message), Some(part)) if message.contains(part) => {}
                _ => panic!("{rule}: {found:?}"),
            }
        }
        // What is refused need not be there.
        let mut policy = Policy::deny_all();
        policy.add(Effect::Deny, "files ./nope as /data").unwrap();
        assert_eq!(check_folders(&policy, folder.path()), Ok(()));
    }
}
