; hello-16: prints one line from real mode and exits.
;
; Shows     the smallest 16-bit guest: a boot sector with output and an exit status
; Exits     ioio
; Entry     flat, loaded at 7C00h; 16-bit
; NMIs      none: there is no handler
; QEMU      -drive format=raw,file=

%include "boot16.inc"

        BOOT16
        PRINT "hello from 16-bit real mode", 10
        EXIT STATUS_OK
        END16
