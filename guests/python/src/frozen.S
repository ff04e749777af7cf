# The library's marshalled code. It is written to when the snapshot is taken.
.section .data.belljar_code,"",@
.globl belljar_code
.p2align 4
belljar_code:
.incbin "frozen.bin"
.Lend:
.size belljar_code, .Lend-belljar_code
