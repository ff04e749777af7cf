(module (import "wasi_unstable" "fd_close" (func (param i32) (result i32))) (memory (export "memory") 1) (func (export "run")))
