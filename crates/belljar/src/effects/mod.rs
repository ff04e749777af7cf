//! Effects: what permits are spent on. What a request means stands in [`belljar_core::effects`]; here is what it is done to. One
//! file a capability, of the same names as in the browser's host.

mod database;
pub(crate) mod files;
pub(crate) mod http;
pub(crate) mod kv;
pub(crate) mod line;
pub(crate) mod spend;
mod sqlite;
mod watch;

#[cfg(test)]
mod tests;
