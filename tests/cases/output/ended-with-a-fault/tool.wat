(module
  (import "belljar:tool/ending@0.1.0" "end" (func $end (param i32 i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "not-found")
  (data (i32.const 32) "there is no such word")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "run") (param i32 i32) (result i32)
    (call $end
      (i32.const 1) (i32.const 0) (i32.const 16) (i32.const 9) (i32.const 32) (i32.const 21) (i32.const 16) (i32.const 0))
    unreachable))
