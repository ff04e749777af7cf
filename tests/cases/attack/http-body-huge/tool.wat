;; A body of 60 MiB, of a request that nobody performs.
(module
  (import "belljar:tool/http@0.1.0" "start" (func $call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1024)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 33554432))
  (data (i32.const 67000000) "\00\00\00\00\10\56\fe\03\04\00\00\00")
  (data (i32.const 67000080) "1234")
  (func (export "run") (param i32 i32) (result i32)
    (memory.fill (i32.const 0) (i32.const 97) (i32.const 62914560))
    (loop $again
      (drop (call $call (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 9) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 62914560) (i32.const 0)))
      (br $again))
    (i32.const 67000000)))
