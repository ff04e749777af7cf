//! The case directories, run by the harness in `tests/harness`.

use std::path::Path;
use std::process::Command;

use crate::Cases;
use crate::build;
use crate::process::{self, Failure};
use crate::{engines, programs, setup, web};

/// Runs the harness; it prints `N passed, N failed` last.
///
/// The harness is a program of its own because it embeds the engines, which xtask builds.
pub fn run(root: &Path, options: &Cases) -> Result<(), Failure> {
    let folder = match &options.dir {
        Some(folder) => std::path::absolute(folder)
            .map_err(|error| Failure::new(format!("{} is no usable folder: {error}", folder.display())))?,
        None => root.join("tests/cases"),
    };
    setup::run(root)?;
    engines::run(root)?;
    programs::run(root)?;
    if options.host != "server" {
        setup::browser()?;
        web::package(root)?;
    }
    let mut command = Command::new(build::binary(root, "belljar-cases")?);
    command.current_dir(root).args(["--host", &options.host, "--dir"]);
    command.arg(folder);
    if let Some(text) = &options.filter {
        command.args(["--filter", text]);
    }
    if options.agree {
        command.arg("--agree");
    }
    process::run(&mut command)
}
