; %use: alternate register names, smart alignment, integer functions and floating-point functions.
bits 64
%use altreg
%use "smartalign"
%use ifunc
%use fp
%use altreg

mov r0, r1
mov r7d, r2d
mov r3w, R4W
add r0l, r5l
add r6b, r8l
xchg r0h, r3h
mov r15l, r15b
%ifusing altreg
db 1
%endif
%ifnusing masm
db 2
%endif
%ifusable fp
db 3
%endif
%ifnusable nothing
db 4
%endif
%ifdef __?USE_IFUNC?__
db 5
%endif

align 16
db 1
align 32
times 3 db 2
align 8
alignmode k7
db 1
align 16
alignmode k8, 40
db 1
align 32
ALIGNMODE p6, nojmp
inside: align 64
times 5 db 3
align 256
alignmode nop, 4
align 64
db 9
align 64
alignmode generic
db 9
align 256
db 1
align 16, db 0
db 1
alignb 8

dd ilog2f(0), ilog2f(1), ilog2f(5), ilog2c(5), ilog2c(0), ilog2c(1), ilog2f(-1), ilog2c(-1), ilog2e(8), ilog2(1 << 40)
dd ilog2w(8), ILOG2W(5), ilog2c(0x8000_0000_0000_0000), __ilog2f__(1000)
times ilog2e(16) db ilog2f($ - $$)
shl rax, ilog2c(later - inside)
later:

db float8(1.5)
dw float16(1.5), bfloat16(1.5), float16(-1.5), bfloat16(3.14159), bfloat16(-0.1)
dd float32(3.14), float32(-Inf), float32(NaN), float32(+0x1.8p3), float32(SNaN)
dq float64(3.14), float80m(3.14), float128l(3.14), float128h(3.14), float128h(-3.14)
dw float80e(3.14), float80e(-3.14), 1 + float80e(1.0)
mov eax, float32(1.5)
mov rax, __?float64?__(-2.5e10)
