; nmi-count-64: counts the NMIs that arrive while it counts to 100,000, in 64-bit mode.
;
; Shows     NMI delivery on an IST stack, IRETQ back from it
; Exits     ioio; what NMI delivery costs
; Entry     multiboot, loaded at 100000h; 64-bit
; NMIs      by schedule, every 2000 instructions, from 1000 on
; Handler   writes nmi_count:4; the output follows
; QEMU      -kernel

%include "boot64.inc"

ROUNDS  equ 100000

        BOOT64
main:   SET_IST 1, nmi_stack_top
        SET_GATE NMI_VECTOR, nmi_handler, 1
        sti
        xor ebx, ebx
        mov ecx, ROUNDS
work:   inc rbx
        dec rcx
        jnz work

        cmp rbx, ROUNDS
        jne harmed
        PRINT "nmi-count-64: "
        PRINT_DECIMAL [nmi_count]
        PRINT " NMIs", 10
        EXIT STATUS_OK

harmed: PRINT "nmi-count-64: work harmed", 10
        EXIT STATUS_FAILED

; Counts, and changes every register that the work loop uses, to show that IRETQ and POP bring them back.
nmi_handler:
        push rbx
        push rcx
        inc dword [nmi_count]
        xor ebx, ebx
        mov ecx, 2
.spend: dec rbx
        dec rcx
        jnz .spend
        pop rcx
        pop rbx
        iretq

        section .bss
nmi_count: resd 1
        alignb 16
        resb 400h
nmi_stack_top:

        END64
