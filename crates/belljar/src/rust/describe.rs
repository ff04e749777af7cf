//! Asking a tool in Rust to describe itself.

use belljar_core::{Stop, calls};

use crate::Belljar;
use crate::prepared::Prepared;
use crate::rehearsal::{self, Rehearsal};
use crate::run;

impl Belljar {
    /// The answer of a tool's export `describe`.
    pub(super) fn describe(&self, code: &Prepared, identity: [u8; 32]) -> Result<String, String> {
        rehearsal::wait(async {
            let Rehearsal { mut store, instance } = self.set_stage(code, identity).await?;
            let describe = code.exports.describe.as_ref();
            let describe = describe.ok_or_else(|| Stop::Protocol("it has no export `describe`".into()))?;
            let describe = run::export_func::<()>(&mut store, &instance, describe)?;
            let address = describe.call_async(&mut store, ()).await?;
            Ok(calls::lift_describe(address, run::memory(&store))?)
        })
    }
}
