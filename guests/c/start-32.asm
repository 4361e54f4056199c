; Entry stub of the 32-bit C guest: a multiboot kernel that only needs a stack.
;
; The multiboot header has no address fields: loaders take the addresses from the ELF file around it.

%include "machine.inc"

MULTIBOOT_MAGIC equ 1BADB002h
STACK_BYTES     equ 8000h

        section .multiboot align=4
        dd MULTIBOOT_MAGIC, 0, -MULTIBOOT_MAGIC & 0FFFFFFFFh

        section .text
        bits 32
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

        section .bss align=16
        resb STACK_BYTES
stack_top:

        section .note.GNU-stack noalloc noexec nowrite
