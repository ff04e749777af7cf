;; A data segment outside of memory is the tool's own fault.
(module (memory (export "memory") 1) (data (i32.const 70000) "x")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
  (func (export "run") (param i32 i32) (result i32) (i32.const 0)))
