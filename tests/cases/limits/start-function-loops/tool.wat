(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 4096))
  (func $alloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $top (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get 3))))
  (data (i32.const 8) "\00\00\00\00\40\00\00\00\02\00\00\00")
  (data (i32.const 64) "{}")
  (func $start (loop (br 0)))
  (start $start)
  (func $run (export "run") (param i32 i32) (result i32)
    
    (i32.const 8)))
