use std::time::Duration;

use belljar::{ToolError, clock, random};

/// Sleeps a little and leaves some noise.
#[belljar::tool]
fn run() -> Result<(u64, bool), ToolError> {
    let began = clock::now();
    clock::sleep(Duration::from_millis(20));
    let passed = clock::now() - began;
    let mut noise = vec![0; 70_000];
    random::fill(&mut noise);
    belljar::artifact("noise.bin", "application/octet-stream", &noise[69_940..])?;
    Ok((noise[69_940..].len() as u64, passed >= Duration::from_millis(20)))
}
