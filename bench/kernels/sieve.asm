; sieve: Eratosthenes over 16,384 bytes.
;
; Measures  byte stores with a stride, byte loads, branches that are hard to foresee
; Entry     64-bit, loaded and entered at 100000h; never ends

bits 64
org 100000h

TABLE   equ 200000h
LIMIT   equ 16384

start:  mov edi, TABLE
        mov eax, 01010101h
        mov ecx, LIMIT / 4
.fill:  mov [rdi], eax
        add rdi, 4
        dec ecx
        jnz .fill
        mov ebx, 2
        xor r8d, r8d                    ; primes found
.next:  cmp byte [rbx + TABLE], 0
        je .step
        inc r8d
        lea ecx, [rbx + rbx]
        jmp .test
.cross: mov byte [rcx + TABLE], 0
        add ecx, ebx
.test:  cmp ecx, LIMIT
        jb .cross
.step:  inc ebx
        cmp ebx, LIMIT
        jb .next
        jmp start
