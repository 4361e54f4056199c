; alu-loop: register arithmetic with nothing but a loop branch in between.
;
; Measures  what one simple instruction costs: no memory, one branch in ten instructions
; Entry     64-bit, loaded and entered at 100000h; never ends

bits 64
org 100000h

start:  mov eax, 1
        mov ebx, 3
        mov edx, 5
        mov esi, 7
        mov ecx, 1000000
.loop:  add rax, rbx
        xor rdx, rax
        lea rsi, [rsi + rdx * 2 + 1]
        sub rbx, rsi
        and edi, 0FFFFh
        or  rdi, rdx
        imul r8, rdi, 17
        shr r8, 3
        dec ecx
        jnz .loop
        jmp start
