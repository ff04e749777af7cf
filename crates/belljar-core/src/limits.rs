//! The core's own fixed limits. Budgets that a policy sets are in `belljar_policy::Limits`.

/// Bytes of a single request or response (16 MiB): bounds what one request makes a host hold.
pub const TRANSFER: u64 = 16 << 20;

/// Bytes of an output, or of a fault, with which a tool ends its run by itself: the most output that a policy can grant (64 MiB).
pub const OUTPUT: u64 = belljar_policy::limits::MOST_OUTPUT;

/// Bytes of a key (512): bounds index entries and log lines.
pub const KEY: usize = 512;

/// Bytes of a name in a directory (1 KiB), behind which a part of a list begins.
pub const NAME: usize = 1 << 10;

/// Bytes of one console line that are kept (64 KiB); the rest of the line is cut and the cut is marked.
pub const CONSOLE_LINE: usize = 64 << 10;

/// Bytes of an artifact's name (255): a file name on every system.
pub const ARTIFACT_NAME: usize = 255;

/// Artifacts of one run (256): bounds the report.
pub const ARTIFACTS: usize = 256;

/// Random bytes in one call (64 KiB), as in the Web Crypto standard.
pub const RANDOM: u32 = 65_536;

/// Bytes of a tool's question to a person (4 KiB): what somebody reads.
pub const QUESTION: usize = 4 << 10;

/// Answers to choose from.
pub const CHOICES: usize = 20;

/// Bytes of one of them.
pub const CHOICE: usize = 256;

/// Bytes of a person's answer (64 KiB).
pub const ANSWER: usize = 64 << 10;

/// Bytes of a log line (1 MiB), more than any entry needs: bounds what a reader of logs holds at a time.
pub const LOG_LINE: usize = 1 << 20;

/// Bytes of one text of a request (1 MiB): a key, a path, an address, a header, a question. What is longer is not read at
/// all, and ends the run. The input of another tool may be as large as a [`TRANSFER`].
pub const TEXT: u64 = 1 << 20;

/// Bytes that a request brings besides its payload (1 MiB), all its texts and lists together; and those of a wait's tickets.
pub const BESIDE: u64 = 1 << 20;

/// Bytes of one artifact that are looked at in one call (64 MiB); what all of them may have is a budget of the policy.
pub const ARTIFACT: u64 = 64 << 20;

/// Bytes in flight (64 MiB), each way: what requests carry that were not answered yet, and results that the tool has not
/// taken. Bounds what a host holds for a run besides the guest's memory.
pub const IN_FLIGHT: u64 = 64 << 20;

/// Keys that a store looks at for one answer to `list` (100,000), before those are left out that may not be read.
pub const KV_LOOKED_AT: usize = 100_000;

/// Characters of a request's description: as many as a person may be asked to read. A request with a longer one is refused,
/// so that nobody approves, and no log names, a part for the whole.
pub const DESCRIPTION: usize = 10_000;

/// Bytes of a malformed request's description, or of a run's message, in the log (1 KiB); longer ones are cut and the cut is
/// marked.
pub const LOGGED_TEXT: usize = 1024;

/// Bytes of the beginning of a request's payload that a question shows (4 KiB).
pub const BEGINNING: usize = 4 << 10;

/// Runs of called tools in one log (10,000): bounds what a reader of logs holds.
pub const CALLED_RUNS: usize = 10_000;

/// Calls that can lie above a run (4): a called tool can call others, and these others.
pub const CALL_DEPTH: usize = 4;

/// Called runs of one run that are under way at a time (4); further ones wait for their turn. With [`CALL_DEPTH`] it bounds how many
/// instances there are.
pub const CALLS_AT_ONCE: usize = 4;

/// Changed requests that are not taken and after which the question is put again (20): an asker that is a program could go on for ever.
pub const EDITS: u32 = 20;

/// Refusals that a report names (16); the others are in the log.
pub const REFUSALS: usize = 16;

/// Requests that a person changed that a report names (16); the others are in the log.
pub const EDITED: usize = 16;

/// Things that were read that a question names (16): so many servers, besides files and keys.
pub const READS: usize = 16;

/// Fuel that one call into the host costs, so that a storm of cheap calls is not free.
pub const CALL_FUEL: i64 = 100;

/// Fuel handed out at a time (2^20, about a millisecond of work): between two slices the host looks at
/// deadline and cancellation. Part of the meter's definition: after a trap, the count is that of the last
/// moment at which the guest's counter was written back, and slices are such moments.
pub const SLICE: i64 = 1 << 20;

/// Requests beyond the budget for calls that are still answered before the run is ended.
pub const CALLS_GRACE: u64 = 100;

/// Bytes of a message or stack that a guest returns instead of an output (64 KiB).
pub const FAULT_TEXT: usize = 64 << 10;

/// Keys in one answer to `list` (10,000); more come in parts.
pub const KV_KEYS: usize = 10_000;

/// Entries in one answer to `list` of files (100,000), and those that are gone through for a part of them.
pub const FILES_ENTRIES: usize = 100_000;

/// Entries in a part of a directory's entries (10,000).
pub const FILES_PART: usize = 10_000;

/// Bytes of a recording (512 MiB): bounds what a host holds of a run for its recording, and of a recording for its replay.
pub const RECORDING: usize = 512 << 20;

/// What a tool is told when there are more keys than one answer holds.
pub(crate) fn kv_too_many(most: usize) -> belljar_abi::Failure {
    belljar_abi::Failure::TooLarge(format!(
        "kv: there are more than {most} keys with that prefix; list them in parts, or with a longer one"
    ))
}

/// What a tool is told when more keys than a store goes through would have to be left out of one part.
pub(crate) fn kv_too_hidden() -> belljar_abi::Failure {
    belljar_abi::Failure::TooLarge(format!(
        "kv: {KV_LOOKED_AT} keys were looked at, most of which may not be listed; list with a longer prefix"
    ))
}

/// What a tool is told of a response of more than a [`TRANSFER`].
pub(crate) fn response_too_large(size: u64) -> belljar_abi::Failure {
    belljar_abi::Failure::TooLarge(format!("the response has {size} bytes; at most {TRANSFER} are handed over at once"))
}

/// What a tool is told when it has more in flight than [`IN_FLIGHT`].
pub(crate) fn in_flight(what: &str) -> belljar_abi::Failure {
    belljar_abi::Failure::Exhausted(format!(
        "in-flight: {what}; at most {IN_FLIGHT} bytes are held at once, so wait for earlier requests and take their results first"
    ))
}

/// Cuts a text to at most `most` bytes and marks the cut.
pub(crate) fn shorten(text: &mut String, most: usize) {
    if text.len() > most {
        let whole = text.len();
        text.truncate((0..=most).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0));
        mark_cut(text, whole);
    }
}

/// Says that a text of so many bytes was cut to what it is.
pub(crate) fn mark_cut(text: &mut String, whole: usize) {
    text.push_str(&format!("… [{} bytes cut]", whole - text.len()));
}

/// Bytes that the mark of a cut has at most (64).
const MARK: usize = 64;

/// Whether a line of the console is one that was cut already, or needs no cutting.
pub(crate) fn is_line(text: &str) -> bool {
    text.len() <= CONSOLE_LINE + MARK
}

/// Header fields that an answer to an HTTP request may have: what an engine makes of them is work before the tool sees any.
pub const ANSWER_HEADERS: usize = 128;

/// Bytes of their names and values (64 KiB).
pub const ANSWER_HEADER_BYTES: usize = 64 << 10;
