use belljar::{Failure, kv, wait_any};

/// Counts how often it was called, and reads two keys side by side.
#[belljar::tool(wants = ["kv **"])]
fn run() -> Result<(u32, String), Failure> {
    let count = kv::get_text("count")?.and_then(|text| text.parse().ok()).unwrap_or(0) + 1;
    kv::set("count", count.to_string())?;
    kv::set("b", "b")?;
    let mut started = vec![kv::start_get("a"), kv::start_get("b")];
    let mut found = String::new();
    while let Some(first) = wait_any(&started, None) {
        let value = started.swap_remove(first).wait()?;
        found.push_str(&String::from_utf8_lossy(&value.unwrap_or_default()));
    }
    kv::delete("b")?;
    assert_eq!(kv::list("")?, ["count"]);
    Ok((count, found))
}
