//! Asks for a key, again and again.

use belljar::{Failure, kv};

#[belljar::tool]
fn run(count: usize) -> Result<usize, Failure> {
    let mut found = 0;
    for _ in 0..count {
        found += kv::get("key")?.map_or(0, |_| 1);
    }
    Ok(found)
}
