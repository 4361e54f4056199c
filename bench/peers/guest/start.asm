; The start of a benchmark image: a multiboot kernel that also runs when something simply jumps to its first byte in
; 32-bit protected mode with flat segments. With LONG_MODE defined it goes on in 64-bit mode, on 2 MiB pages that map
; the first GiB to itself.
;
; guest.ld puts it first. A stack, tables of its own and floating point are all that the C code needs; it never returns.

MULTIBOOT_MAGIC    equ 1BADB002h
HAS_ADDRESSES      equ 10000h           ; in the header's flags: it gives the addresses itself
STACK_BYTES        equ 10000h
CODE               equ 08h
DATA               equ 10h
CODE64             equ 18h
CR0_MP             equ 2
CR0_EM             equ 4
CR0_PG             equ 80000000h
CR4_PAE            equ 20h
CR4_SSE            equ 600h             ; OSFXSR, OSXMMEXCPT
MSR_EFER           equ 0C0000080h
EFER_LME           equ 100h
TABLE_ENTRY        equ 3                ; present, writable
LARGE_PAGE_ENTRY   equ 83h              ; and 2 MiB
LARGE_PAGE_BYTES   equ 200000h
TABLE_BYTES        equ 1000h

        extern image_start, image_end, bss_end, guest_main

        section .start exec
        bits 32
        jmp start
        align 4
header: dd MULTIBOOT_MAGIC, HAS_ADDRESSES, -(MULTIBOOT_MAGIC + HAS_ADDRESSES) & 0FFFFFFFFh
        dd header, image_start, image_end, bss_end, start

        section .text
        bits 32
start:  cli
        cld
        lgdt [gdt_pointer]
        jmp CODE:.own_code
.own_code:
        mov eax, DATA
        mov ds, eax
        mov es, eax
        mov fs, eax
        mov gs, eax
        mov ss, eax
        mov esp, stack_top
        mov edi, image_end
        mov ecx, bss_end
        sub ecx, edi
        shr ecx, 2
        xor eax, eax
        rep stosd
        mov eax, cr0
        and eax, ~CR0_EM
        or eax, CR0_MP
        mov cr0, eax
        mov eax, cr4
        or eax, CR4_SSE
        mov cr4, eax
        fninit
%ifndef LONG_MODE
        call guest_main
%else
        mov dword [pml4], pdpt + TABLE_ENTRY
        mov dword [pdpt], page_directory + TABLE_ENTRY
        mov edi, page_directory
        mov eax, LARGE_PAGE_ENTRY
.map:   mov [edi], eax
        add edi, 8
        add eax, LARGE_PAGE_BYTES
        cmp edi, page_directory + TABLE_BYTES
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
        or eax, CR0_PG
        mov cr0, eax
        jmp CODE64:.long
        bits 64
.long:  call guest_main
%endif

        section .rodata
        align 8
gdt:    dq 0
        dq 00CF9B000000FFFFh            ; CODE
        dq 00CF93000000FFFFh            ; DATA
        dq 00AF9B000000FFFFh            ; CODE64
gdt_pointer:
        dw gdt_pointer - gdt - 1
        dd gdt

        section .bss
%ifdef LONG_MODE
        alignb TABLE_BYTES
pml4:   resb TABLE_BYTES
pdpt:   resb TABLE_BYTES
page_directory:
        resb TABLE_BYTES
%endif
        alignb 16
        resb STACK_BYTES
stack_top:

        section .note.GNU-stack noalloc noexec nowrite
