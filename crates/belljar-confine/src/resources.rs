//! What a process may use up.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{Bounds, Failed};

/// Address space beyond the memory that may be written to (16 GiB): reserved, mapped from files, guarded. It costs nothing;
/// the bound is there for kernels that do not count writable memory.
const RESERVED: u64 = 16 << 30;

/// Files that may be open at once.
const OPEN_FILES: u64 = 1024;

/// Processes and threads of this user at once, the others included: more than any machine needs, fewer than hold it up.
const PROCESSES: u64 = 16 << 10;

/// Sets the limits, soft and hard; one that is lower already stays.
pub(crate) fn bound(bounds: &Bounds) -> Result<(), Failed> {
    for (what, resource, most) in [
        ("memory", Resource::Data, bounds.memory),
        ("memory", Resource::As, bounds.memory.saturating_add(RESERVED)),
        ("time", Resource::Cpu, bounds.seconds),
        ("file size", Resource::Fsize, bounds.file),
        ("core files", Resource::Core, 0),
        ("open files", Resource::Nofile, OPEN_FILES),
        ("processes", Resource::Nproc, PROCESSES),
    ] {
        let hard = getrlimit(resource).maximum.map_or(most, |maximum| maximum.min(most));
        let limit = Rlimit { current: Some(hard), maximum: Some(hard) };
        setrlimit(resource, limit).map_err(|error| Failed::new(what, error))?;
    }
    Ok(())
}
