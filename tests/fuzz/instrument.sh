#!/bin/sh
# Compiles a crate of this workspace with counters of what is reached (src/coverage.rs). cargo calls it in place of rustc when
# RUSTC_WORKSPACE_WRAPPER names it; other people's crates are compiled as ever.
exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
