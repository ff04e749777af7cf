//! Tools in Python: their engine describes them, under glass, with a program of its own that reads their syntax tree.

use belljar_compile::{Compiled, Engine, Program};
use belljar_core::{Stop, calls};

use crate::error::LoadError;
use crate::rehearsal::{self, Rehearsal};
use crate::{Belljar, engines, run};

/// Bytes of what describes a tool (1 MiB): its schemas are bounded more closely, its warnings are as many as its types.
const MOST: u64 = 1 << 20;

impl Belljar {
    /// A program with its manifest. Nothing of the program is run.
    pub(crate) fn describe_python(&self, program: Program) -> Result<Compiled, LoadError> {
        let code = self.engine_of(Engine::Python)?;
        let (describer, input) = belljar_compile::describe_python(&program);
        let answer = rehearsal::wait(async {
            let Rehearsal { mut store, instance } = self.set_stage(&code, engines::hash(Engine::Python)).await?;
            let load = code.exports.load.as_ref().ok_or_else(|| Stop::Host("the engine loads nothing".into()))?;
            let load = run::export_func::<(u32, u32, u32, u32)>(&mut store, &instance, load)?;
            let file = run::write_text(&mut store, "describe.py").await?;
            let text = run::write_text(&mut store, describer).await?;
            let address = load.call_async(&mut store, (file.0, file.1, text.0, text.1)).await?;
            if let Err(fault) = calls::lift_load(address, run::memory(&store))? {
                return Ok(Err(fault));
            }
            let text = run::write_text(&mut store, &input).await?;
            let run = run::export_func::<(u32, u32)>(&mut store, &instance, &code.exports.run)?;
            let address = run.call_async(&mut store, text).await?;
            Ok(calls::lift_run(address, run::memory(&store), MOST)?)
        });
        let answer = answer.map_err(LoadError::Describe)?.map_err(|fault| LoadError::Describe(fault.message))?;
        Ok(belljar_compile::described_python(program, &answer)?)
    }
}
