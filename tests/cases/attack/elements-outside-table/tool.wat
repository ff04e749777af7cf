;; An element segment outside of its table is the tool's own fault.
(module (memory (export "memory") 1) (table 1 funcref) (elem (i32.const 7) $f) (func $f)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
  (func (export "run") (param i32 i32) (result i32) (i32.const 0)))
