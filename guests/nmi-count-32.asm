; nmi-count-32: counts the NMIs that arrive while it counts to 100,000, in 32-bit protected mode.
;
; Shows     NMI delivery through a 32-bit interrupt gate, IRETD to the same privilege level
; Exits     ioio; what NMI delivery costs
; Entry     multiboot, loaded at 100000h; 32-bit
; NMIs      by schedule, every 2000 instructions, from 1000 on
; Handler   writes nmi_count:4; the output follows
; QEMU      -kernel

%include "boot32.inc"

ROUNDS  equ 100000

        BOOT32
main:   SET_GATE NMI_VECTOR, nmi_handler
        sti
        xor ebx, ebx
        mov ecx, ROUNDS
work:   inc ebx
        dec ecx
        jnz work

        cmp ebx, ROUNDS
        jne harmed
        PRINT "nmi-count-32: "
        PRINT_DECIMAL [nmi_count]
        PRINT " NMIs", 10
        EXIT STATUS_OK

harmed: PRINT "nmi-count-32: work harmed", 10
        EXIT STATUS_FAILED

; Counts, and changes every register that the work loop uses, to show that IRETD and POPAD bring them back.
nmi_handler:
        pushad
        inc dword [nmi_count]
        xor ebx, ebx
        mov ecx, 2
.spend: dec ebx
        dec ecx
        jnz .spend
        popad
        iretd

        section .bss
nmi_count: resd 1

        END32
