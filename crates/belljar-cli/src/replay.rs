//! `belljar replay`

use std::path::Path;
use std::sync::Arc;

use belljar::{Belljar, ReplayFailure};

use crate::arguments::Format;
use crate::show::visible;
use crate::{FAULT, Failure, run};

pub(crate) fn replay(path: &Path, format: Format) -> Result<u8, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|e| Failure::usage(format!("cannot read the recording {}: {e}", path.display())))?;
    let tell = Arc::new(|what: &str| eprintln!("belljar: {what} …"));
    let jar = Belljar::builder().on_progress(tell).build().map_err(Failure::fault)?;
    let replayed = jar.replay_blocking(&bytes, Some(run::console())).map_err(failure)?;
    if let Some(divergence) = &replayed.report.divergence {
        eprintln!("belljar: {}", visible(&divergence.to_string()));
        return Ok(FAULT);
    }
    run::show(&replayed.report, format)?;
    eprintln!("replayed: {} entries, the same", replayed.entries);
    Ok(replayed.report.outcome.exit_code())
}

/// Why a recording cannot be used, with the exit code for it.
pub(crate) fn failure(error: ReplayFailure) -> Failure {
    match error {
        ReplayFailure::Tool(error) => Failure { code: error.exit_code(), message: error.to_string() },
        error => Failure::fault(error),
    }
}
