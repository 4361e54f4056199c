; memcpy: copies 64 KiB, eight bytes at a time, four times an iteration.
;
; Measures  loads and stores through the TLB over many pages
; Entry     64-bit, loaded and entered at 100000h; never ends

bits 64
org 100000h

SOURCE  equ 200000h
TARGET  equ 300000h
BYTES   equ 10000h

start:  mov esi, SOURCE
        mov edi, TARGET
        mov ecx, BYTES / 32
.copy:  mov rax, [rsi]
        mov rbx, [rsi + 8]
        mov rdx, [rsi + 16]
        mov r8, [rsi + 24]
        mov [rdi], rax
        mov [rdi + 8], rbx
        mov [rdi + 16], rdx
        mov [rdi + 24], r8
        add rsi, 32
        add rdi, 32
        dec ecx
        jnz .copy
        jmp start
