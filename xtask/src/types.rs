//! The types of TypeScript that are those of Rust.

use std::path::Path;

use crate::build::cargo;
use crate::process::{self, Failure};

/// Writes `web/src/wire.ts` anew. The test that fails where it is stale makes it, so that nothing that is shipped can.
pub fn run(root: &Path) -> Result<(), Failure> {
    let test = "wire::typescript::the_types_of_typescript_are_those_of_rust";
    let mut command = cargo(root);
    command.args(["test", "--release", "--package", "belljar-core", "--lib", "--", "--exact", test]);
    process::run(command.env("BELLJAR_UPDATE", "1"))
}
