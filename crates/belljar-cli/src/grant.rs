//! Whether what a recording asks for is granted: by this command, by a named signer, or by the person at the terminal.

use std::path::Path;

use belljar::log::PublicKey;
use belljar::policy::Limits;
use belljar::{Asks, Grant, NotGranted, Policy, Recording, hex};

use crate::arguments::{AsRecorded, Grants};
use crate::show::{one_line, tell, visible};
use crate::{Failure, ask, run};

/// A grant that holds what it refers to.
pub(crate) enum Granted {
    AsRecorded,
    Seen([u8; 32]),
    Policy(Policy),
    Limits(Limits),
}

impl Granted {
    pub(crate) fn grant(&self) -> Grant<'_> {
        match self {
            Granted::AsRecorded => Grant::AsRecorded,
            Granted::Seen(digest) => Grant::Seen(*digest),
            Granted::Policy(policy) => Grant::Policy(policy),
            Granted::Limits(limits) => Grant::Limits(limits),
        }
    }
}

/// Who gives a run that was suspended what it asks for, which is shown first. The signature, if there must be one, was
/// checked.
pub(crate) fn to_go_on(
    path: &Path,
    recording: &Recording,
    grants: &Grants,
    signed_by: Option<&PublicKey>,
    confirmed: Option<AsRecorded>,
) -> Result<Granted, Failure> {
    let asks = asks(recording)?;
    let policy = run::policy(grants)?;
    let refused = asks.clone().granted(Grant::Policy(&policy)).err();
    show(path, &asks, "to go on");
    match refused {
        None => return Ok(Granted::Policy(policy)),
        // Whoever gives a policy means that one.
        Some(other @ NotGranted::Policy { .. }) if grants.any() => return Err(Failure::usage(other)),
        Some(_) => {}
    }
    confirm(&asks, signed_by, confirmed, "It goes on only with what this command gives")
}

/// Who gives a replay what it takes: nothing is performed, so that is work alone.
pub(crate) fn to_replay(
    path: &Path,
    recording: &Recording,
    signed_by: Option<&PublicKey>,
    confirmed: Option<AsRecorded>,
) -> Result<Granted, Failure> {
    let asks = asks(recording)?;
    let limits = Limits::default();
    let Err(why) = asks.clone().granted(Grant::Limits(&limits)) else { return Ok(Granted::Limits(limits)) };
    show(path, &asks, "to run again");
    confirm(&asks, signed_by, confirmed, &why.to_string())
}

fn asks(recording: &Recording) -> Result<Asks, Failure> {
    Asks::of(recording).map_err(|error| Failure::fault(format!("the recording's policy.toml: {error}")))
}

/// Shows what a file asks for, so that a person reads it. The text is the file's.
fn show(path: &Path, asks: &Asks, what: &str) {
    tell!(
        "belljar: {} asks {what} under these terms. They are the file's words, and the tool's name is its own:",
        visible(&path.display().to_string())
    );
    tell!("  tool {}, identity {}", one_line(asks.tool(), 80), one_line(asks.tool_hash(), 64));
    for sentence in asks.sentences() {
        tell!("  {}", one_line(&sentence, 400));
    }
    for mount in asks.policy().mounts() {
        let folder = std::path::absolute(&mount.host).unwrap_or_else(|_| mount.host.clone().into());
        let folder = folder.display().to_string();
        tell!("  {} is the folder {} of this machine", one_line(mount.guest.as_str(), 200), one_line(&folder, 400));
    }
}

/// What this command did not give: a named signer gives it, or whoever saw it.
fn confirm(
    asks: &Asks,
    signed_by: Option<&PublicKey>,
    confirmed: Option<AsRecorded>,
    why: &str,
) -> Result<Granted, Failure> {
    match (signed_by, confirmed) {
        (Some(_), _) | (_, Some(AsRecorded(None))) => return Ok(Granted::AsRecorded),
        (_, Some(AsRecorded(Some(digest)))) => return Ok(Granted::Seen(digest)),
        (None, None) => {}
    }
    if ask::is_there() {
        return if ask::confirm("Grant all of this? y = yes, n = no: ") {
            Ok(Granted::AsRecorded)
        } else {
            Err(Failure::usage("it was not granted; nothing was done"))
        };
    }
    let command = command(&format!("--as-recorded={}", hex(&asks.digest())));
    Err(Failure::usage(format!(
        "a file grants nothing. {why}. Give it the same policy again with --policy, --allow, --ask; or name the key that \
         signed it with --signed-by; or grant what is shown above:\n  {command}"
    )))
}

/// This command with one word more, as a shell takes it.
fn command(more: &str) -> String {
    let mut words = vec!["belljar".to_owned()];
    words.extend(std::env::args_os().skip(1).map(|word| quoted(&word.to_string_lossy())));
    words.push(more.to_owned());
    words.join(" ")
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
