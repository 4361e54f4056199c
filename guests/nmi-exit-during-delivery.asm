; nmi-exit-during-delivery: a nested page fault strikes while the processor delivers an NMI.
;
; Shows     EXITINTINFO: the NMI is cut off by the exit, and is lost unless the hypervisor injects it again
;           (APM vol 2 15.7.2, 15.20; with Virtual NMI the exit also clears V_NMI_MASK, 15.21.10)
; Exits     vmmcall, npf, ioio; what NMI delivery costs
; Entry     multiboot, loaded at 100000h; 64-bit
; NMIs      asks for 32 itself
; Handler   writes nmi_count:4; the output follows
; QEMU      no
;
; Each round removes one page from the nested tables that delivery needs: the IST stack, the IDT, the TSS or the GDT.

%define OWN_PAGES
%include "boot64.inc"

ROUNDS          equ 32
VICTIMS         equ 4
AHEAD           equ 5                   ; instructions from the request to the NMI
PATIENCE        equ 100                 ; loop iterations in which a requested NMI must have arrived

        BOOT64
main:   REQUIRE_VMEXIT "nmi-exit-during-delivery"
        SET_IST 1, nmi_stack + PAGE_BYTES
        SET_GATE NMI_VECTOR, nmi_handler, 1
        sti
        mov r12d, ROUNDS
round:  mov r13d, [nmi_count]
        mov r14d, r12d
        and r14d, VICTIMS - 1
        HYPERCALL CALL_UNMAP, [victims + r14 * 4]
        HYPERCALL CALL_NMI, AHEAD
        mov ecx, PATIENCE
.wait:  dec ecx
        jnz .wait
        cmp r13d, [nmi_count]
        jne .arrived
        inc dword [lost_count]
.arrived:
        dec r12d
        jnz round

        PRINT "nmi-exit-during-delivery: "
        PRINT_DECIMAL [nmi_count]
        PRINT " NMIs, lost "
        PRINT_DECIMAL [lost_count]
        PRINT 10
        cmp dword [lost_count], 0
        jne .failed
        EXIT STATUS_OK
.failed:
        EXIT STATUS_FAILED

nmi_handler:
        inc dword [nmi_count]
        iretq

        section .data
victims: dd nmi_stack, idt, tss, gdt

        section .bss
nmi_count: resd 1
lost_count: resd 1
        alignb PAGE_BYTES
nmi_stack: resb PAGE_BYTES

        END64
