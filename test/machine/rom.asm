; The boot ROM for QEMU and Bochs: takes the place of a BIOS, and does no more than the kernel needs.
;
; The ROM ends at 4 GiB; its last 64 KiB, which this file is, are visible at F000:0000 too. It copies the image that
; precedes it (kernel and scenarios, ROM_IMAGE_BYTES) to IMAGE and enters the kernel in flat protected mode. After a
; triple fault the machine comes here again and finds the mark that the kernel left: nothing is copied then.

%include "layout.asm"

ROM_IMAGE equ 0x1_0000_0000 - 0x10000 - ROM_IMAGE_BYTES
PIC_MASKS equ 0x21 ; and A1h for the second

bits 16
org 0

start:
        cli
        mov al, 0xff
        out PIC_MASKS, al
        out PIC_MASKS + 0x80, al
        lgdt [cs:gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword KCODE:0xf0000 + protected

bits 32
protected:
        mov eax, KDATA
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov esp, KERNEL_STACK
        cmp dword [MARK], RUNNING
        je enter
        mov esi, ROM_IMAGE
        mov edi, IMAGE
        mov ecx, ROM_IMAGE_BYTES / 4
        cld
        rep movsd
enter:
        jmp KCODE:IMAGE

align 8
gdt:    dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdtr:   dw gdtr - gdt - 1
        dd 0xf0000 + gdt

        times 0xfff0 - ($ - $$) db 0xff
bits 16
        jmp 0xf000:start
        times 0x10000 - ($ - $$) db 0xff
