//! What hosts have, in memory: for tests, for a page's files, and for keys that outlive no run.

mod directory;
mod http;
mod keys;
mod tree;

pub use http::MemoryHttp;
pub use keys::MemoryKeys;
pub use tree::{MemoryTree, PutError};
