//! The functions of the world `belljar:tool` that are used, as the Canonical ABI lays them out.

#[link(wasm_import_module = "belljar:tool/console@0.1.0")]
unsafe extern "C" {
    #[link_name = "write"]
    pub(crate) fn console(level: u32, at: *const u8, length: usize);
}

#[link(wasm_import_module = "belljar:tool/clock@0.1.0")]
unsafe extern "C" {
    #[link_name = "now"]
    safe fn clock() -> u64;
}

#[link(wasm_import_module = "belljar:tool/random@0.1.0")]
unsafe extern "C" {
    pub(crate) fn bytes(length: usize, result: *mut [usize; 2]);
}

#[link(wasm_import_module = "belljar:tool/waiting@0.1.0")]
unsafe extern "C" {
    pub(crate) fn wait(tickets: *const u32, count: usize, has_until: u32, until: u64, result: *mut [u32; 2]);
}

#[link(wasm_import_module = "belljar:tool/files@0.1.0")]
unsafe extern "C" {
    pub(crate) fn start(request: u32, path: *const u8, length: usize, a: u64, b: usize, c: u64) -> u32;
    #[link_name = "start-page"]
    pub(crate) fn start_page(path: *const u8, length: usize, after: *const u8, after_length: usize, most: u32) -> u32;
    pub(crate) fn take(ticket: u32, result: *mut [u64; 5]);
}

// An outcome, flat: whether it failed, then the output, or kind, code, message and stack of a fault.
#[link(wasm_import_module = "belljar:tool/ending@0.1.0")]
unsafe extern "C" {
    pub(crate) fn end(
        failed: u32,
        output_or_kind: usize,
        length_or_code: usize,
        code_length: usize,
        message: usize,
        message_length: usize,
        stack: usize,
        stack_length: usize,
    ) -> !;
}

/// `level.log` and `level.error`
#[cfg(feature = "linked")]
pub(crate) const LOG: u32 = 2;
pub(crate) const ERROR: u32 = 4;

/// The moment of the last wait. Before there is a world it is 0.
pub(crate) fn now() -> u64 {
    if crate::form::awake().is_ok() { clock() } else { 0 }
}

/// Waits until the run's clock reaches a moment. Before there is a world no time passes.
pub(crate) fn sleep_until(moment: u64) {
    if crate::form::awake().is_err() {
        return;
    }
    let mut result = [0; 2];
    // SAFETY: the list of tickets is empty, and the result is written to a place of its size.
    unsafe { wait(core::ptr::dangling(), 0, 1, moment, &mut result) };
}
