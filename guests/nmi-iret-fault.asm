; nmi-iret-fault: the IRET of the NMI handler faults while a second NMI is pending.
;
; Shows     the hole of event injection: when an intercepted IRET is let go and then faults, the hypervisor takes the
;           handler for finished, and the second NMI nests in it (Xen's own comment in svm.c says so). A virtual
;           NMI stays masked until IRET completes (APM vol 2 15.21.10), so nothing nests
; Exits     vmmcall, ioio; what NMI delivery costs
; Entry     multiboot, loaded at 100000h; 64-bit
; NMIs      asks for 16 itself, in pairs
; Handler   writes nmi_count:4, nested_count:4; the output follows
; QEMU      no
;
; The handler spoils CS in its own frame: in turn a null selector (#GP) and a segment that is not present (#NP). The
; fault handler repairs the frame and goes back to the IRET by a jump: an IRET of its own would unmask NMIs, on
; silicon as well. NMI and fault handler use the interrupted stack, because nesting on an IST stack is fatal.

%include "boot64.inc"

ROUNDS          equ 8
AHEAD           equ 10                  ; instructions from the request to the first NMI of a round
PATIENCE        equ 200                 ; loop iterations in which a round is certainly over
NOT_PRESENT     equ 11
GENERAL_PROTECTION equ 13
MARK_REPAIR     equ 1

; Offsets in the frame that a 64-bit interrupt pushes.
FRAME_RIP       equ 0
FRAME_CS        equ 8
FRAME_RSP       equ 24

        BOOT64
main:   REQUIRE_VMEXIT "nmi-iret-fault"
        SET_GATE NMI_VECTOR, nmi_handler
        SET_GATE NOT_PRESENT, fault_handler
        SET_GATE GENERAL_PROTECTION, fault_handler
        sti
        mov r12d, ROUNDS
round:  xor dword [bad_selector], ABSENT_CODE
        mov dword [armed], 1
        HYPERCALL CALL_NMI, AHEAD
        mov ecx, PATIENCE
.wait:  dec ecx
        jnz .wait
        dec r12d
        jnz round

        PRINT "nmi-iret-fault: "
        PRINT_DECIMAL [nmi_count]
        PRINT " NMIs, faulting IRETs "
        PRINT_DECIMAL [fault_count]
        PRINT ", nested "
        PRINT_DECIMAL [nested_count]
        PRINT 10
        cmp dword [fault_count], ROUNDS
        jne .failed
        EXIT STATUS_OK
.failed:
        EXIT STATUS_FAILED

handlers:

nmi_handler:
        push rax
        push rbx
        inc dword [nmi_count]
        mov rax, [rsp + 16 + FRAME_RIP]
        sub rax, handlers
        cmp rax, handlers_end - handlers
        jae .not_nested
        inc dword [nested_count]
.not_nested:
        cmp dword [armed], 0
        je .done
        mov dword [armed], 0
        HYPERCALL CALL_NMI, 0           ; the second NMI: pending while this handler runs
        mov eax, [bad_selector]
        mov [rsp + 16 + FRAME_CS], rax
.done:  pop rbx
        pop rax
return_from_nmi:
        iretq

; #NP and #GP. The frame of the NMI is where the faulting IRETQ found it: at the interrupted RSP.
fault_handler:
        cmp qword [rsp + 8 + FRAME_RIP], return_from_nmi
        jne .unexpected
        push rax
        push rbx
        inc dword [fault_count]
        HYPERCALL CALL_MARK, MARK_REPAIR        ; an exit: a hypervisor that thinks NMIs are open injects here
        pop rbx
        pop rax
        mov rsp, [rsp + 8 + FRAME_RSP]
        mov qword [rsp + FRAME_CS], KERNEL_CODE
        jmp return_from_nmi
.unexpected:
        push GENERAL_PROTECTION
        jmp unexpected

handlers_end:

        section .bss
nmi_count: resd 1
fault_count: resd 1
nested_count: resd 1
armed:  resd 1
bad_selector: resd 1

        END64
