; nmi-movss-shadow: NMIs at and around the interrupt shadow of MOV SS, with interrupts on and off.
;
; Shows     whether an NMI gets between MOV SS and the instruction after it, where the stack may be half switched;
;           and that a hypervisor which waits for the shadow's end with a virtual interrupt (Xen) waits for
;           RFLAGS.IF too, although an NMI should not
; Exits     vmmcall, npf, ioio; what NMI delivery costs
; Entry     multiboot, loaded at 100000h; 32-bit
; NMIs      asks for 32 itself
; Handler   writes nmi_count:4, in_shadow:4, right_after:4, elsewhere:4; the output follows
; QEMU      no
;
; As nmi-sti-shadow. The first half of the rounds runs with IF = 1, the second with IF = 0 until the round is over.

%include "boot32.inc"

ROUNDS          equ 32
POSITIONS       equ 8
PATIENCE        equ 64                  ; loop iterations in which a requested NMI must have arrived
PAGE_BYTES      equ 1000h

        BOOT32
main:   REQUIRE_VMEXIT "nmi-movss-shadow"
        SET_GATE NMI_VECTOR, nmi_handler
        mov edi, ROUNDS
round:  mov ebp, [nmi_count]
        HYPERCALL CALL_UNMAP, cold_page
        sti
        cmp edi, ROUNDS / 2
        ja .ready
        cli
.ready: mov edx, edi
        and edx, POSITIONS - 1
        mov cx, ss
        HYPERCALL CALL_NMI, edx
        nop
        nop
        mov ss, cx
shadowed:
        mov eax, [cold_page]
after:  nop
        nop
        mov ecx, PATIENCE
.spend: dec ecx                         ; time for an NMI that does not depend on IF
        jnz .spend
        cmp ebp, [nmi_count]
        jne .arrived
        inc dword [waited_for_if]
        sti
        mov ecx, PATIENCE
.wait:  dec ecx
        jnz .wait
        cmp ebp, [nmi_count]
        jne .arrived
        PRINT "nmi-movss-shadow: an NMI is lost", 10
        EXIT STATUS_FAILED
.arrived:
        dec edi
        jnz round

        PRINT "nmi-movss-shadow: "
        PRINT_DECIMAL [nmi_count]
        PRINT " NMIs, in the shadow "
        PRINT_DECIMAL [in_shadow]
        PRINT ", right after it "
        PRINT_DECIMAL [right_after]
        PRINT ", elsewhere "
        PRINT_DECIMAL [elsewhere]
        PRINT ", waited for IF "
        PRINT_DECIMAL [waited_for_if]
        PRINT 10
        EXIT STATUS_OK

; Sorts the NMI by the address of the instruction it arrived before.
nmi_handler:
        push eax
        inc dword [nmi_count]
        mov eax, [esp + 4]
        cmp eax, shadowed
        je .in_shadow
        cmp eax, after
        je .right_after
        inc dword [elsewhere]
        jmp .done
.in_shadow:
        inc dword [in_shadow]
        jmp .done
.right_after:
        inc dword [right_after]
.done:  pop eax
        iretd

        section .bss
nmi_count: resd 1
in_shadow: resd 1
right_after: resd 1
elsewhere: resd 1
waited_for_if: resd 1
        alignb PAGE_BYTES
cold_page: resb PAGE_BYTES

        END32
