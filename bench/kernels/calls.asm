; calls: Fibonacci by recursion.
;
; Measures  CALL, RET, PUSH and POP: the stack and indirect control transfer
; Entry     64-bit, loaded and entered at 100000h; never ends

bits 64
org 100000h

STACK   equ 280000h

start:  mov esp, STACK
.again: mov edi, 20
        call fib
        jmp .again

; RAX = Fibonacci number RDI
fib:    cmp edi, 2
        jb .small
        push rbx
        push rdi
        dec edi
        call fib
        mov rbx, rax
        pop rdi
        sub edi, 2
        call fib
        add rax, rbx
        pop rbx
        ret
.small: mov eax, edi
        ret
