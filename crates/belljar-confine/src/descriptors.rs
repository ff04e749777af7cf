//! Files that whoever started this process left open.

use std::os::fd::RawFd;

/// Closes every descriptor but standard input, output and error. The process must have just begun: nothing of its own is
/// open yet.
pub(crate) fn close_all_but_standard() {
    let listed = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let open: Vec<RawFd> = listed.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for descriptor in open.into_iter().filter(|descriptor| *descriptor > 2) {
        // SAFETY: this process has just begun and has opened nothing but the listing itself, which is closed by now; what
        // else is open was inherited, and no object of this process owns it.
        #[expect(unsafe_code, reason = "what was inherited has no owner that could be dropped")]
        unsafe {
            rustix::io::close(descriptor);
        }
    }
}
