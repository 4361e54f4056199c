; nmi-sti-shadow: NMIs at and around the interrupt shadow of STI.
;
; Shows     whether an NMI gets between STI and the instruction after it (APM vol 2 15.21.5), and what it costs a
;           hypervisor to wait for the end of a shadow
; Exits     vmmcall, npf, ioio; what NMI delivery costs
; Entry     multiboot, loaded at 100000h; 64-bit
; NMIs      asks for 32 itself
; Handler   writes nmi_count:4, in_shadow:4, right_after:4, elsewhere:4; the output follows
; QEMU      no
;
; The instruction in the shadow touches a page that is gone from the nested tables, so the hypervisor holds a
; VMCB with INTERRUPT_SHADOW set at the moment it learns of the NMI. Each round requests its NMI one instruction
; later than the one before, eight positions in all.

%include "boot64.inc"

ROUNDS          equ 32
POSITIONS       equ 8
PATIENCE        equ 64                  ; loop iterations in which a requested NMI must have arrived

        BOOT64
main:   REQUIRE_VMEXIT "nmi-sti-shadow"
        SET_GATE NMI_VECTOR, nmi_handler
        mov r12d, ROUNDS
round:  mov r13d, [nmi_count]
        HYPERCALL CALL_UNMAP, cold_page
        mov r14d, r12d
        and r14d, POSITIONS - 1
        cli
        HYPERCALL CALL_NMI, r14d
        nop
        nop
        sti
shadowed:
        mov eax, [cold_page]
after:  nop
        nop
        mov ecx, PATIENCE
.wait:  cmp r13d, [nmi_count]
        jne .arrived
        dec ecx
        jnz .wait
        PRINT "nmi-sti-shadow: an NMI is lost", 10
        EXIT STATUS_FAILED
.arrived:
        mov ecx, PATIENCE               ; a position late in the round may still be running
.drain: dec ecx
        jnz .drain
        dec r12d
        jnz round

        PRINT "nmi-sti-shadow: "
        PRINT_DECIMAL [nmi_count]
        PRINT " NMIs, in the shadow "
        PRINT_DECIMAL [in_shadow]
        PRINT ", right after it "
        PRINT_DECIMAL [right_after]
        PRINT ", elsewhere "
        PRINT_DECIMAL [elsewhere]
        PRINT 10
        EXIT STATUS_OK

; Sorts the NMI by the address of the instruction it arrived before.
nmi_handler:
        push rax
        inc dword [nmi_count]
        mov rax, [rsp + 8]
        cmp rax, shadowed
        je .in_shadow
        cmp rax, after
        je .right_after
        inc dword [elsewhere]
        jmp .done
.in_shadow:
        inc dword [in_shadow]
        jmp .done
.right_after:
        inc dword [right_after]
.done:  pop rax
        iretq

        section .bss
nmi_count: resd 1
in_shadow: resd 1
right_after: resd 1
elsewhere: resd 1
        alignb PAGE_BYTES
cold_page: resb PAGE_BYTES

        END64
