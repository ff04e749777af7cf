//! What hosts have, in memory: for tests, for a page's files, and for keys that outlive no run.

mod directory;
mod keys;
mod tree;

pub use keys::MemoryKeys;
pub use tree::{MemoryTree, PutError};
