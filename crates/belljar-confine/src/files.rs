//! Files: Landlock.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope,
};

use crate::{Failed, Room};

/// The kernel interface whose rights are asked for; an older kernel gives those that it has.
const INTERFACE: ABI = ABI::V6;

/// Whether this kernel can do it.
pub(crate) fn supported() -> bool {
    let asked = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    asked.handle_access(AccessFs::from_all(ABI::V1)).and_then(|ruleset| ruleset.create()).is_ok()
}

/// Leaves this process, and all that it will start, the files of a room. Connections over TCP, abstract sockets of others
/// and signals to others are refused too, as far as the kernel can.
pub(crate) fn only(room: &Room) -> Result<(), Failed> {
    let failed = |error: landlock::RulesetError| Failed::new("files", error);
    let all = AccessFs::from_all(INTERFACE);
    let read = AccessFs::from_read(INTERFACE);
    let device: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::WriteFile;
    let mut ruleset = Ruleset::default()
        .handle_access(all)
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(INTERFACE)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(INTERFACE)))
        .and_then(|ruleset| ruleset.create())
        .map_err(failed)?;
    for (paths, access) in [(&room.read, read), (&room.write, all), (&room.devices, device)] {
        for path in paths {
            // What is not there cannot be read.
            let Ok(open) = PathFd::new(path) else { continue };
            let access = if path.is_dir() { access } else { access & AccessFs::from_file(INTERFACE) };
            ruleset = ruleset.add_rule(PathBeneath::new(open, access)).map_err(failed)?;
        }
    }
    let status = ruleset.restrict_self().map_err(failed)?;
    if status.ruleset == RulesetStatus::NotEnforced || !status.no_new_privs {
        return Err(Failed::new("files", "the kernel does not enforce Landlock"));
    }
    Ok(())
}
