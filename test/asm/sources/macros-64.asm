; Single-line and multi-line macros, conditions, strings, structures, data.
bits 64
org 0x1000
%define A 5
%define ADD2(x,y) ((x)+(y))
%xdefine B A+1
%assign i 0
%macro m 1-3 7, 8
 db %1, %2, %3, %0
%%l: dd %%l
%endmacro
%macro pushall 1-*
%rep %0
 push %1
%rotate 1
%endrep
%endmacro
%macro retz 0
 jnz %%skip
 ret
%%skip:
%endmacro
%macro jc2 2
 j%+1 %2
 j%-1 %2
%endmacro
start: m 1
 m 1,2
 m 1,2,3
 pushall rax, rbx, rcx
 retz
x: jc2 e, x
 jc2 nae, x
%rep 4
 db i
%assign i i+1
%endrep
%if A == 5 && B == 6
 db 'yes'
%elif A
 db 'no'
%else
 db 'never'
%endif
%ifdef A
 db ADD2(3,4)
%endif
%ifidn abc,abc
 db 1
%endif
%ifnidni ABC,abc
 db 2
%else
 db 3
%endif
%ifnum 5
 db 4
%endif
%ifstr 'x'
 db 5
%endif
%ifid abc
 db 6
%endif
%strlen L 'hello'
%substr S 'hello' 2,3
%strcat T 'ab','cd'
 db L, S, T
%defstr DS foo bar
 db DS
%deftok DT 'rax'
 mov DT, 5
 dw 'abc'
 dd 'a', 1.5, -2.25
 dq 3.14159, 'abcdefgh', 0x123456789abcdef0
 dt 1.5, 3.14159265358979
 db `a\n\t\x41\u263a\0`
 times 3 db 1,2
 times 5 nop
 align 16
 dd $-$$, $, x-start
 struc pt
 .x: resd 1
 .y: resw 2
 endstruc
 mov eax, [rbx+pt.y]
 dd pt_size
p1: istruc pt
 at .x, dd 5
 at .y, dw 1,2
 iend
 %push ctx
 %$lab: dd %$lab
 %pop
.loc: dd .loc
