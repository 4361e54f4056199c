; nmi-page-fault-inside: a page fault inside the NMI handler, whose IRET unmasks NMIs too early.
;
; Shows     the classic trap of x86: any IRET ends the NMI mask, so the second NMI nests in the first one's handler;
;           under event injection as under Virtual NMI, as on silicon (APM vol 2 8.2.3, 15.21.10)
; Exits     vmmcall, ioio; what NMI delivery costs
; Entry     multiboot, loaded at 100000h; 32-bit
; NMIs      asks for 16 itself, in pairs
; Handler   writes nmi_count:4, nested_count:4; the output follows
; QEMU      no
;
; Paging is on, with 4 KiB pages for the first 4 MiB. The handler uses the interrupted stack, so nesting is survivable.

%include "boot32.inc"

ROUNDS          equ 8
AHEAD           equ 10                  ; instructions from the request to the first NMI of a round
PATIENCE        equ 200                 ; loop iterations in which a round is certainly over
PAGE_FAULT      equ 14
MARK_MAPPED     equ 1
PAGE_BYTES      equ 1000h
TABLE_ENTRIES   equ 1024
PRESENT         equ 1
PRESENT_WRITABLE equ 3
CR0_PG          equ 80000000h
FRAME_EIP       equ 0

        BOOT32
main:   REQUIRE_VMEXIT "nmi-page-fault-inside"
        mov dword [page_directory], page_table + PRESENT_WRITABLE
        mov edi, page_table
        mov eax, PRESENT_WRITABLE
.map:   mov [edi], eax
        add edi, 4
        add eax, PAGE_BYTES
        cmp edi, page_table + TABLE_ENTRIES * 4
        jb .map
        mov eax, page_directory
        mov cr3, eax
        mov eax, cr0
        or eax, CR0_PG
        mov cr0, eax

        mov eax, fickle_page
        shr eax, 12
        lea eax, [page_table + eax * 4]
        mov [fickle_entry], eax

        SET_GATE NMI_VECTOR, nmi_handler
        SET_GATE PAGE_FAULT, page_fault_handler
        sti
        mov edx, ROUNDS
round:  mov eax, [fickle_entry]
        and dword [eax], ~PRESENT
        invlpg [fickle_page]
        mov dword [armed], 1
        HYPERCALL CALL_NMI, AHEAD
        mov ecx, PATIENCE
.wait:  dec ecx
        jnz .wait
        dec edx
        jnz round

        PRINT "nmi-page-fault-inside: "
        PRINT_DECIMAL [nmi_count]
        PRINT " NMIs, page faults "
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
        pushad
        inc dword [nmi_count]
        mov eax, [esp + 32 + FRAME_EIP]
        sub eax, handlers
        cmp eax, handlers_end - handlers
        jae .not_nested
        inc dword [nested_count]
.not_nested:
        cmp dword [armed], 0
        je .done
        mov dword [armed], 0
        HYPERCALL CALL_NMI, 0           ; the second NMI: pending while this handler runs
        mov eax, [fickle_page]          ; #PF: its handler maps the page, and its IRET unmasks NMIs
        HYPERCALL CALL_MARK, MARK_MAPPED        ; an exit: a hypervisor that waits for one injects here
.done:  popad
        iretd

; Maps the page that is missing, if it is the one expected.
page_fault_handler:
        push eax
        mov eax, cr2
        cmp eax, fickle_page
        jne .unexpected
        inc dword [fault_count]
        mov eax, [fickle_entry]
        or dword [eax], PRESENT
        pop eax
        add esp, 4                      ; the error code
        iretd
.unexpected:
        push dword PAGE_FAULT
        jmp unexpected

handlers_end:

        section .bss
nmi_count: resd 1
fault_count: resd 1
nested_count: resd 1
armed:  resd 1
fickle_entry: resd 1
        alignb PAGE_BYTES
page_directory: resb PAGE_BYTES
page_table: resb PAGE_BYTES
fickle_page: resb PAGE_BYTES

        END32
