//! The allocator, which leaves no litter in the snapshot.
//!
//! What is freed while the engine starts would stay in the snapshot as bytes that nobody reads, and that every page
//! downloads and every instance copies. Until the snapshot is taken, memory is filled with zeros as it is freed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::Ordering;

use crate::host::SNAPSHOTTED;

/// The system's allocator; before the snapshot it wipes what is freed.
pub struct Tidy;

#[global_allocator]
static MEMORY: Tidy = Tidy;

// SAFETY: every call is the system allocator's, with the same layout; wiping a block that is being freed is a write into
// memory that the caller has given up.
unsafe impl GlobalAlloc for Tidy {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe {
            if !SNAPSHOTTED.load(Ordering::Relaxed) {
                block.write_bytes(0, layout.size());
            }
            System.dealloc(block, layout);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe {
            if SNAPSHOTTED.load(Ordering::Relaxed) {
                return System.realloc(block, layout, size);
            }
            let Ok(wanted) = Layout::from_size_align(size, layout.align()) else { return std::ptr::null_mut() };
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(block, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

/// Bytes of the stack below the caller's frame that are wiped.
const STACK: usize = 192 * 1024;

/// Wipes what finished calls left on the stack.
#[inline(never)]
pub fn wipe_stack() {
    let mut left = [0u8; STACK];
    std::hint::black_box(&mut left);
}
