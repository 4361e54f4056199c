; Every way to fill a gap in 32-bit code, then in 16-bit code.
bits 32
%use smartalign
%macro gaps 0
%assign i 1
%rep 40
align 64, db 0CCh
times 64 - i db 0CCh
align 64
%assign i i + 1
%endrep
%endmacro
gaps
alignmode k7, 32
gaps
alignmode k8, nojmp
gaps
alignmode p6
gaps
alignmode nop
gaps
bits 16
alignmode generic, 32
gaps
alignmode k7
gaps
alignmode k8
gaps
alignmode p6, 20
gaps
db 1
align 256
bits 64
alignmode generic, 20
gaps
alignmode p6
gaps
