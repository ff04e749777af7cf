//! `belljar replay`

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use belljar::log::PublicKey;
use belljar::{Belljar, Policy, Recording, ReplayFailure};

use crate::arguments::{AsRecorded, Format};
use crate::show::{tell, visible};
use crate::{FAULT, Failure, grant, run};

pub(crate) fn replay(
    path: &Path,
    signed_by: Option<&PublicKey>,
    confirmed: Option<AsRecorded>,
    format: Format,
) -> Result<u8, Failure> {
    let recording = read(path)?;
    check(&recording, signed_by, "record")?;
    let currency = Policy::parse(&recording.parts().policy).ok().and_then(|policy| run::currency(&policy));
    let granted = grant::to_replay(path, &recording, signed_by, confirmed)?;
    let tell = Arc::new(|what: &str| tell!("belljar: {what} …"));
    let jar = Belljar::builder().on_progress(tell).build().map_err(Failure::fault)?;
    let replayed = jar.replay_recording(recording, granted.grant(), Some(run::console())).map_err(failure)?;
    if let Some(divergence) = &replayed.report.divergence {
        tell!("belljar: {}", visible(&divergence.to_string()));
        return Ok(FAULT);
    }
    run::show(&replayed.report, format, currency.as_deref())?;
    let signed = signed_by.map(|key| format!(", signed by {key}")).unwrap_or_default();
    tell!("replayed: {} entries, the same{signed}", replayed.entries);
    Ok(replayed.report.outcome.exit_code())
}

/// Reads a recording and checks what can be checked without running it.
pub(crate) fn read(path: &Path) -> Result<Recording, Failure> {
    Recording::parse(&bytes(path)?).map_err(Failure::fault)
}

/// Reads as much of a file as a recording can have.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    // One byte more than there may be: what is larger is refused, not read.
    File::open(path)
        .and_then(|file| file.take(Recording::MOST as u64 + 1).read_to_end(&mut bytes))
        .map_err(|e| Failure::usage(format!("cannot read the recording {}: {e}", path.display())))?;
    Ok(bytes)
}

/// What is left of a run: a recording, or a log alone.
pub(crate) enum Left {
    Recording(Box<Recording>),
    Log(String),
}

/// Reads a recording, or a log: that one begins with an object of JSON.
pub(crate) fn recording_or_log(path: &Path) -> Result<Left, Failure> {
    let (name, bytes) = (path.display(), bytes(path)?);
    let neither = |why: &dyn std::fmt::Display| {
        Failure::usage(format!("{name}: it is neither a recording (--record) nor a log (--log): {why}"))
    };
    if bytes.first() != Some(&b'{') {
        return Recording::parse(&bytes)
            .map(|recording| Left::Recording(recording.into()))
            .map_err(|why| neither(&why));
    }
    if bytes.len() > Recording::MOST {
        return Err(neither(&format!("it has more than {} bytes", Recording::MOST)));
    }
    String::from_utf8(bytes).map(Left::Log).map_err(|_| neither(&"it is not UTF-8"))
}

/// Whether it is signed by this key, if it must be. `made` is the option of `belljar run` that makes one.
pub(crate) fn check(recording: &Recording, signed_by: Option<&PublicKey>, made: &str) -> Result<(), Failure> {
    let Some(key) = signed_by else { return Ok(()) };
    let unsigned = || Failure::fault(format!("it is not signed: make it with `belljar run --{made} … --sign KEYFILE`"));
    let signed = recording.signed().ok_or_else(unsigned)?;
    signed.check(key).map_err(|e| Failure::fault(format!("its signature: {e}")))
}

/// Why a recording cannot be used, with the exit code for it.
pub(crate) fn failure(error: ReplayFailure) -> Failure {
    match error {
        ReplayFailure::Tool(error) => Failure { code: error.exit_code(), message: error.to_string() },
        error @ ReplayFailure::NotGranted(_) => Failure::usage(error),
        error => Failure::fault(error),
    }
}
