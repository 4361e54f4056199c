; Entry stub of the 64-bit C guest.
;
; vmexit's loader enters an ELF64 file in long mode at _start. QEMU's -kernel enters it in 32-bit protected mode at
; the address in the PVH note, so the note points at code that goes to long mode first.

%include "machine.inc"

STACK_BYTES     equ 8000h
PVH_NOTE_TYPE   equ 18                  ; XEN_ELFNOTE_PHYS32_ENTRY
LARGE_PAGE      equ 200000h
MAPPED_PAGES    equ 16                  ; of 2 MiB, from address 0
TABLE_ENTRY     equ 03h                 ; present, writable
PAGE_ENTRY      equ 83h                 ; present, writable, 2 MiB
CR0_PE_PG       equ 80000001h
CR4_PAE         equ 20h
MSR_EFER        equ 0C0000080h
EFER_LME        equ 100h

        section .note.Xen note alloc noexec nowrite align=4
        dd 4, 4, PVH_NOTE_TYPE
        db "Xen", 0
        dd start_pvh

        section .text
        bits 32
start_pvh:
        cli
        mov esp, stack_top
        mov dword [pml4], pdpt + TABLE_ENTRY
        mov dword [pdpt], page_directory + TABLE_ENTRY
        mov edi, page_directory
        mov eax, PAGE_ENTRY
.map:   mov [edi], eax
        add edi, 8
        add eax, LARGE_PAGE
        cmp edi, page_directory + MAPPED_PAGES * 8
        jb .map
        mov eax, cr4
        or eax, CR4_PAE
        mov cr4, eax
        mov eax, pml4
        mov cr3, eax
        mov ecx, MSR_EFER
        rdmsr
        or eax, EFER_LME
        wrmsr
        mov eax, cr0
        or eax, CR0_PE_PG
        mov cr0, eax
        lgdt [gdt_pointer]
        jmp KERNEL_CODE:start_long

        bits 64
start_long:
        mov eax, KERNEL_DATA
        mov ds, eax
        mov es, eax
        mov ss, eax

        extern guest_main
        global _start
_start: cli
        cld
        mov esp, stack_top
        call guest_main
        out EXIT_PORT, al               ; what guest_main returns is the exit status
.halt:  cli
        hlt
        jmp .halt

        section .rodata align=8
gdt:    dq 0
        dq 00AF9B000000FFFFh            ; 08h: code, 64-bit
        dq 00CF93000000FFFFh            ; 10h: data
gdt_end:
gdt_pointer: dw gdt_end - gdt - 1
        dd gdt

        section .bss align=4096
pml4:   resb 4096
pdpt:   resb 4096
page_directory:
        resb 4096
        resb STACK_BYTES
stack_top:

        section .note.GNU-stack noalloc noexec nowrite
