; hello-64: prints one line from 64-bit mode and exits.
;
; Shows     the smallest 64-bit guest: it builds its page tables and goes to long mode by itself
; Exits     ioio
; Entry     multiboot, loaded at 100000h; 64-bit
; NMIs      none: there is no handler
; QEMU      -kernel

%include "boot64.inc"

        BOOT64
main:   PRINT "hello from 64-bit mode", 10
        EXIT STATUS_OK
        END64
