; nmi-hlt: an idle loop that only NMIs wake.
;
; Shows     that an NMI ends HLT and that its handler returns to the instruction after it; an NMI that comes
;           too early, before HLT, is not needed for the wake-up and one that comes too late is never lost
; Exits     vmmcall, hlt, ioio; what NMI delivery costs
; Entry     multiboot, loaded at 100000h; 64-bit
; NMIs      asks for 64 itself
; Handler   writes nmi_count:4; the output follows
; QEMU      no
;
; Each NMI is requested a fixed number of instructions ahead; HLT is reached well before that.

%include "boot64.inc"

SLEEPS          equ 64
AHEAD           equ 100                 ; instructions from the request to the NMI: the sleep lies between

        BOOT64
main:   REQUIRE_VMEXIT "nmi-hlt"
        SET_IST 1, nmi_stack_top
        SET_GATE NMI_VECTOR, nmi_handler, 1
        sti
        mov r12d, SLEEPS
idle:   mov r13d, [nmi_count]
        HYPERCALL CALL_NMI, AHEAD
        hlt
        cmp r13d, [nmi_count]
        je woken_by_nothing
        dec r12d
        jnz idle

        PRINT "nmi-hlt: "
        PRINT_DECIMAL SLEEPS
        PRINT " sleeps, "
        PRINT_DECIMAL [nmi_count]
        PRINT " NMIs", 10
        EXIT STATUS_OK

woken_by_nothing:
        PRINT "nmi-hlt: HLT ended without an NMI", 10
        EXIT STATUS_FAILED

nmi_handler:
        inc dword [nmi_count]
        iretq

        section .bss
nmi_count: resd 1
        alignb 16
        resb 400h
nmi_stack_top:

        END64
