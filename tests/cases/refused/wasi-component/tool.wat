(component (import "wasi:cli/environment@0.2.3" (instance)))
