//! State of a guest, which has one thread.

use core::cell::{Cell, RefCell};
use core::ops::Deref;

/// A value that only one thread sees.
pub(crate) struct Single<T>(T);

// SAFETY: the crate is built for WebAssembly without threads; admission refuses shared memories.
unsafe impl<T> Sync for Single<T> {}

impl<T> Deref for Single<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Single<T> {
    pub(crate) const fn new(value: T) -> Self {
        Single(value)
    }
}

impl<T> Single<Cell<T>> {
    pub(crate) const fn cell(value: T) -> Self {
        Single(Cell::new(value))
    }
}

impl<T> Single<RefCell<T>> {
    pub(crate) const fn shared(value: T) -> Self {
        Single(RefCell::new(value))
    }
}
