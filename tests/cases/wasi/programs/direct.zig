//! A command without a library beneath it.
const std = @import("std");
const wasi = std.os.wasi;

fn say(fd: i32, text: []const u8) void {
    var written: usize = 0;
    const list = [1]wasi.ciovec_t{.{ .base = text.ptr, .len = text.len }};
    _ = wasi.fd_write(fd, &list, 1, &written);
}

pub fn main() void {
    var bytes: [256]u8 = undefined;
    var read: usize = 0;
    const list = [1]wasi.iovec_t{.{ .base = &bytes, .len = bytes.len }};
    _ = wasi.fd_read(0, &list, 1, &read);
    say(1, "{\"zig\":");
    say(1, bytes[0..read]);
    say(1, "}");
    say(2, "done\n");
    wasi.proc_exit(0);
}
