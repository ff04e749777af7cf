//! `belljar rehearse`, and runs under the plan that it makes.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use belljar::{Answers, Outcome, Plan, Policy, RunOptions, Terms, Tool, hex};

use crate::arguments::{Rehearse, Run};
use crate::show::{say, tell, visible};
use crate::{Failure, ask, inspect, private, replay, run};

/// Bytes of a file with a plan that are read (16 MiB).
const MOST: u64 = 16 << 20;

pub(crate) fn rehearse(arguments: Rehearse) -> Result<u8, Failure> {
    let policy = run::policy(&arguments.grants)?;
    let input = run::input(arguments.input.as_deref(), arguments.input_file.as_deref())?;
    let mut answers = Answers::default();
    for path in &arguments.from {
        answers.add(&replay::read(path)?);
    }
    let (jar, tool) = inspect::load(&arguments.tool)?;
    let mut options = RunOptions { terms: Arc::new(Terms::from(policy)), ..RunOptions::default() };
    if let Some(dir) = &arguments.kv {
        options.kv = belljar::KvStore::in_dir(dir);
    }
    if let Some(dir) = &arguments.tools {
        options.tools = Arc::new(belljar::Toolbox::of_folder(dir).map_err(Failure::usage)?);
    }
    options.on_console = Some(run::console());
    let (report, plan) = jar.rehearse_blocking(&tool, &input, options, answers).map_err(Failure::usage)?;
    for line in plan.describe() {
        say!("{line}")?;
    }
    say!("plan {}", hex(&plan.digest()))?;
    if report.outcome != Outcome::Returned {
        tell!(
            "belljar: the rehearsal ended as {}: {}; the plan holds what was asked for until then",
            report.outcome.name(),
            visible(&report.message)
        );
    }
    if let Some(path) = &arguments.output {
        let failed = |error| Failure::usage(format!("cannot write the plan {}: {error}", path.display()));
        let mut file = private::create_new(path).map_err(failed)?;
        file.write_all(plan.to_text().as_bytes()).map_err(failed)?;
        tell!(
            "belljar: run it with the same tool, policy and input, and --plan {} --approve {}",
            visible(&path.display().to_string()),
            hex(&plan.digest())
        );
    }
    Ok(report.outcome.exit_code())
}

/// The plan that a run is under, if the person approves it.
pub(crate) fn approved(
    arguments: &Run,
    policy: &Policy,
    tool: &Tool,
    input: &str,
) -> Result<Option<Arc<Plan>>, Failure> {
    let Some(path) = &arguments.plan else { return Ok(None) };
    let plan = Plan::parse(&read(path)?).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    for (what, planned, here) in [
        ("tool", plan.tool, tool.identity().0),
        ("policy", plan.policy, policy.digest()),
        ("input", plan.input, belljar::sha256(input.as_bytes())),
    ] {
        if planned != here {
            let (path, planned, here) = (path.display(), hex(&planned), hex(&here));
            let why = format!("{path} is a plan for another {what} ({planned}, and here it is {here}): rehearse again");
            return Err(Failure::usage(why));
        }
    }
    let digest = hex(&plan.digest());
    match &arguments.approve {
        Some(given) if given.eq_ignore_ascii_case(&digest) => {}
        Some(_) => {
            let why = format!("{} is not the plan that --approve names: its digest is {digest}", path.display());
            return Err(Failure::usage(why));
        }
        None if !ask::is_there() => {
            let why =
                format!("there is no terminal to approve the plan on: give --approve {digest}, if it is what you saw");
            return Err(Failure::usage(why));
        }
        None => {
            tell!("belljar: the plan {}, in the tool's words:", visible(&path.display().to_string()));
            for line in plan.describe() {
                tell!("  {line}");
            }
            if !ask::confirm("Approve exactly this, without further questions? y or n: ") {
                return Err(Failure::usage("the plan was not approved, so nothing was run"));
            }
        }
    }
    Ok(Some(Arc::new(plan)))
}

fn read(path: &Path) -> Result<String, Failure> {
    let failed = |error: String| Failure::usage(format!("cannot read the plan {}: {error}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
    if size > MOST {
        return Err(failed(format!("it has {size} bytes, and a plan has at most {MOST}")));
    }
    std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))
}
