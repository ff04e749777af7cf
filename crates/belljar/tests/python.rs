//! Tools in Python: a loaded program and a snapshotted one are the same tool.

#![allow(clippy::unwrap_used, reason = "a test")]

use belljar::{Belljar, RunOptions};

const TOOL: &[u8] = b"\
import random, sys

drawn = random.random()
order = list({'a', 'b', 'c'})


def run(input):
    '''Tells what a tool can see of how it was started.'''
    sys.stdout.write('x')
    return [drawn, order, input, sorted(sys.modules)[:5], 1 / input['by']]
";

#[test]
fn a_snapshot_of_a_program_is_the_program() {
    // One cache, so that the engine is compiled once.
    let folder = tempfile::tempdir().unwrap();
    let jar = Belljar::builder()
        .cache_dir(folder.path())
        // The component is too large to be compiled where nothing can stop it.
        .compiler(env!("CARGO_BIN_EXE_belljar-compiler"))
        .build()
        .unwrap();
    let tool = jar.load("seen.py", TOOL).unwrap();
    assert_eq!(tool.manifest().description, "Tells what a tool can see of how it was started.");
    let component = jar.standalone(&tool).unwrap();
    assert_eq!(component, jar.standalone(&tool).unwrap(), "two snapshots differ");
    let other = jar.load("seen.wasm", &component).unwrap();
    assert_eq!(other.manifest(), tool.manifest());
    for (input, returned) in [(r#"{"by":2}"#, true), (r#"{"by":0}"#, false)] {
        let [one, two] = [&tool, &other].map(|tool| jar.run_blocking(tool, input, RunOptions::default()).unwrap());
        assert_eq!(one.output.is_some(), returned, "{}", one.message);
        assert_eq!((&one.output, &one.message, &one.stack), (&two.output, &two.message, &two.stack));
        assert!(returned || one.stack.starts_with("run (seen.py:10)"), "{}", one.stack);
    }
}
