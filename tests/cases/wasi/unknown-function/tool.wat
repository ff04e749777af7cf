(module (import "wasi_snapshot_preview1" "fd_fly" (func)) (memory (export "memory") 1) (func (export "_start")))
