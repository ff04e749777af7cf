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
    assert!(kv::replace("once", None, Some(b"1"))? && !kv::replace("once", None, Some(b"2"))?);
    assert_eq!((kv::list_part("", "", 1)?, kv::list_part("", "count", 9)?), (vec!["count".into()], vec!["once".into()]));
    assert!(!kv::replace("once", Some(b"2"), None)? && kv::replace("once", Some(b"1"), None)?);
    Ok((count, found))
}
