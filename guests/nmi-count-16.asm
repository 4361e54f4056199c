; nmi-count-16: counts the NMIs that arrive while it counts to 60,000, in real mode.
;
; Shows     NMI delivery through the interrupt vector table, 16-bit IRET
; Exits     ioio; what NMI delivery costs
; Entry     flat, loaded at 7C00h; 16-bit
; NMIs      by schedule, every 2000 instructions, from 1000 on
; Handler   writes nmi_count:2; the output follows
; QEMU      -drive format=raw,file=

%include "boot16.inc"

ROUNDS  equ 60000

        BOOT16
        SET_VECTOR16 NMI_VECTOR, nmi_handler
        sti
        xor bx, bx
        mov cx, ROUNDS
work:   inc bx
        loop work

        cmp bx, ROUNDS
        jne harmed
        PRINT "nmi-count-16: "
        movzx eax, word [nmi_count]
        call print_decimal
        PRINT " NMIs", 10
        EXIT STATUS_OK

harmed: PRINT "nmi-count-16: work harmed", 10
        EXIT STATUS_FAILED

; Counts, and changes every register that the work loop uses, to show that IRET and POP bring them back.
nmi_handler:
        push bx
        push cx
        inc word [cs:nmi_count]
        xor bx, bx
        mov cx, 2
.spend: dec bx
        loop .spend
        pop cx
        pop bx
        iret

nmi_count: dw 0

        END16
