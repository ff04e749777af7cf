//! A process that ends with whoever started it, and whose children end with it.

use rustix::process;

use crate::Failed;

/// Becomes the first of a session and a process group of its own, by which all of it can be killed, and asks to be killed
/// when its parent ends. `parent` is checked: it may have ended before that was asked.
pub(crate) fn lead(parent: Option<u32>) -> Result<(), Failed> {
    // It fails if this process leads a group already, which is as good.
    let _ = process::setsid();
    #[cfg(target_os = "linux")]
    {
        process::set_parent_process_death_signal(Some(process::Signal::KILL))
            .map_err(|error| Failed::new("the parent's end", error))?;
        let found = process::getppid().map(|pid| pid.as_raw_nonzero().get().cast_unsigned());
        if parent.is_some_and(|parent| found != Some(parent)) {
            return Err(Failed::new("the parent's end", "the parent has ended"));
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = parent;
    Ok(())
}
