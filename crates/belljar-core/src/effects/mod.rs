//! What effects mean: once, for every host.
//!
//! A host implements the small traits of a capability over what it has: a store ([`Keys`]), directories ([`Tree`],
//! [`Directory`]). What a request means over them stands here: [`kv::perform`] and [`files::perform`] hold the order of steps,
//! limits and words. They take a permit, and an act cannot be performed without one.
//!
//! The traits are asynchronous and ask for no `Send`: a page's futures are not. Where a host needs it, the compiler finds
//! out for the host's own type. [`MemoryKeys`] and [`MemoryTree`] are the versions in memory.
//!
//! ```
//! use belljar_core::effects::{Keys, MemoryKeys, Quota, at_once};
//! use belljar_core::abi::KvItem;
//!
//! let keys = MemoryKeys::default();
//! let item = KvItem { key: "a".into(), value: b"x".into() };
//! let kept = at_once(Box::pin(keys.set(item, Quota { bytes: 100, keys: 1 })));
//! assert!(matches!(kept, Ok(Ok(()))));
//! ```

pub mod files;
pub mod http;
pub mod kv;
mod memory;
mod tree;
mod trouble;

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

pub use http::Http;
pub use kv::{Keys, KeysError, Others, Quota};
pub use memory::{MemoryHttp, MemoryKeys, MemoryTree, PutError};
pub use tree::{Directory, Granted, Part, Tree};
pub use trouble::Trouble;

/// Does what needs no waiting, as everything in memory. What waits is given back, to be awaited.
///
/// # Errors
///
/// The future itself, if it has to wait.
pub fn at_once<F: Future>(mut act: Pin<Box<F>>) -> Result<F::Output, Pin<Box<F>>> {
    match act.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => Err(act),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_given_back_and_goes_on() {
        let mut polls = 0;
        let act = Box::pin(std::future::poll_fn(move |_| {
            polls += 1;
            if polls < 3 { Poll::Pending } else { Poll::Ready(polls) }
        }));
        let act = at_once(act).unwrap_err();
        let act = at_once(act).unwrap_err();
        assert_eq!(at_once(act).unwrap(), 3);
    }
}
