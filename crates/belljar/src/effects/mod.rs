//! Effects: what permits are spent on. One file a capability, of the same names as in the browser's host.

pub(crate) mod files;
pub(crate) mod kv;
mod watch;
