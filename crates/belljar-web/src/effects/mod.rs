//! Effects: what permits are spent on. One file a capability, of the same names as in the server's host.

pub(crate) mod files;
pub(crate) mod kv;
