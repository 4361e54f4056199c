; sort: fills 256 words from a linear congruential generator and sorts them by insertion.
;
; Measures  dependent loads, compares, stores and short loops, as compiled code has them
; Entry     64-bit, loaded and entered at 100000h; never ends

bits 64
org 100000h

TABLE   equ 200000h
WORDS   equ 256

start:  mov eax, 12345
refill: mov edi, TABLE
        mov ecx, WORDS
.fill:  imul eax, eax, 1103515245
        add eax, 12345
        mov [rdi], eax
        add rdi, 4
        dec ecx
        jnz .fill
        mov ecx, 1
.outer: mov edx, [rcx * 4 + TABLE]      ; to insert into the sorted part
        lea rbx, [rcx - 1]
.inner: mov esi, [rbx * 4 + TABLE]
        cmp esi, edx
        jbe .place
        mov [rbx * 4 + TABLE + 4], esi
        sub rbx, 1
        jnc .inner
.place: mov [rbx * 4 + TABLE + 4], edx
        inc ecx
        cmp ecx, WORDS
        jb .outer
        jmp refill
