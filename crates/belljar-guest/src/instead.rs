//! What stands in place of what the standard library does not have in a tool.

/// What to use in place of what the standard library does not have here, by the text of its errors.
pub fn instead(text: &str) -> &'static str {
    if text.contains("time not implemented") {
        "; std::time has no clock here: use belljar::clock::now()"
    } else if text.contains("can't sleep") {
        "; there is one thread, which waits with belljar::clock::sleep"
    } else if text.contains("not supported on this platform") {
        "; a tool has no files, sockets, threads and variables of a system: use belljar::files, belljar::kv and the input"
    } else {
        ""
    }
}
