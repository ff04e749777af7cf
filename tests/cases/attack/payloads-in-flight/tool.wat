;; Six values of 16 MiB are set side by side: the fifth is refused, because four are in flight; when one was answered,
;; there is room for another.
(module
  (import "belljar:tool/kv@0.1.0" "start" (func $start (param i32 i32 i32 i32 i32) (result i32)))
  (import "belljar:tool/kv@0.1.0" "take" (func $take (param i32 i32)))
  (import "belljar:tool/waiting@0.1.0" "wait" (func $wait (param i32 i32 i32 i64 i32)))
  (memory (export "memory") 300)
  (data (i32.const 0) "k")
  (data (i32.const 64) "\00\00\00\00\80\00\00\00\04\00\00\00")
  (data (i32.const 128) "1234")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func $set (result i32) (call $start (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 65536) (i32.const 16777216)))
  (func $outcome (param $ticket i32) (result i32)
    (i32.store (i32.const 200) (local.get $ticket))
    (call $wait (i32.const 200) (i32.const 1) (i32.const 0) (i64.const 0) (i32.const 208))
    (call $take (local.get $ticket) (i32.const 256))
    (i32.load8_u (i32.const 256)))
  (func (export "run") (param i32 i32) (result i32) (local $first i32) (local $n i32)
    (local.set $first (call $set))
    (loop $again
      (drop (call $set))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 5))))
    ;; The fifth failed, and it was a budget.
    (if (i32.ne (call $outcome (i32.add (local.get $first) (i32.const 4))) (i32.const 1)) (then unreachable))
    (if (i32.ne (i32.load8_u (i32.const 260)) (i32.const 1)) (then unreachable))
    ;; The first went well, so that there is room again.
    (if (call $outcome (local.get $first)) (then unreachable))
    (if (call $outcome (call $set)) (then unreachable))
    (i32.const 64)))
