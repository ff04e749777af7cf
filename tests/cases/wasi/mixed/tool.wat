;; A command that asks the world itself, too.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "belljar:tool/console@0.1.0" "write" (func $console (param i32 i32 i32)))
  (memory 1)
  (data (i32.const 0) "\10\00\00\00\02\00\00\00")
  (data (i32.const 16) "42")
  (func (export "_start")
    ;; The world's address is that of the joined memory, in which the command begins at 2 MiB.
    (call $console (i32.const 2) (i32.const 0x200010) (i32.const 2))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
