; Sections of a flat binary, operators, prefixes, forms of 16-bit code.
bits 16
org 0x7c00
 jmp start
 times 3 db 0
section .data
d1: dw 5, d2-d1
d2: dd d1, c1
section .text
start: mov ax, d1
 mov bx, [d2]
 call f
 jmp near f
 jmp far [bx]
 jmp 0x1234:0x5678
 jmp dword 8:f
f: ret
section .code2 align=16
c1: mov si, c1
 dw $-$$
section .bss
b1: resb 10
b2: resw 3
section .text
 mov di, b2
 mov cx, b2-b1
absolute 0x500
q: resb 4
r: resw 1
section .text
 mov ax, [r]
 mov al, r-q
 dd 1<<4, 0xff>>4, -1>>>1, 7//2, -7//2, -7 %% 3, 7 % 3, 5<3, !0, !5, ~5, 3 ? 1 : 2, 5&&0, 5||0, 5^^5
 db 0b1010, 1010b, 0o17, 17q, 0x1f, 1fh, $1f, 0d12, 1_000 & 255
 db "x", 5 dup (1,2), 3 dup(?)
 loop f
 a32 loop f
 jcxz f
 jecxz f
 lock add [bx], ax
 rep movsb
 repne scasb
 es lodsb
 mov ax, [es:bx]
 o32 iret
 o32 ret
 a32 movsb
 mov eax, [ebx+ecx*2]
 mov [fs:si], dword 5
 shl ax, 1
 shl ax, 5
 add ax, 5
 add word [bx], 5
 add word [bx], 500
 imul ax, 5
 imul ax, bx, 500
 push 5
 push word 500
 push dword 5
 push ds
 in al, 0x60
 out dx, ax
 int 0x10
 enter 4, 0
 wait
 fwait
 aam
 aad 5
 xlat
 xlatb
 lea ax, [bx+si+100]
 test [bx], ax
 test ax, [bx]
 xchg [bx], ax
 xchg ax, [bx]
