; hello-32: prints one line from 32-bit protected mode and exits.
;
; Shows     the smallest 32-bit guest: own GDT and IDT, paging off
; Exits     ioio
; Entry     multiboot, loaded at 100000h; 32-bit
; NMIs      none: there is no handler
; QEMU      -kernel

%include "boot32.inc"

        BOOT32
main:   PRINT "hello from 32-bit protected mode", 10
        EXIT STATUS_OK
        END32
