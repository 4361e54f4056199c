; Nested macros, address forms, short and other names of 32-bit instructions.
bits 32
default rel
%idefine Foo bar
%macro outer 1
%macro inner_%1 1
 dd %1
%endmacro
%endmacro
 outer zz
 inner_zz 7
%macro greedy 1+
 db %1
%endmacro
greedy 'a', 1, 2
%macro br 2
 db %2
%endmacro
br {x,y}, {1,2}
%define cat(a,b) a %+ b
cat(lab,el): dd cat(lab,el)
%define N 3
lab%[N]: dd lab3
%assign q 10
%rep 100
%assign q q-1
%if q < 5
%exitrep
%endif
 db q
%endrep
 mov eax,[ebp]
 mov eax,[ebp*2]
 mov eax,[eax*2]
 mov eax,[eax*2+5]
 mov eax,[nosplit eax*2]
 mov eax,[eax*3]
 mov eax,[eax*5+8]
 mov eax,[eax+ebx*1]
 mov eax,[eax*1+ebx]
 mov eax,[esp+eax]
 mov eax,[eax+esp]
 mov eax,[byte eax+5]
 mov eax,[dword eax+5]
 mov eax,[byte eax]
 mov eax,[word 5]
 mov ecx,[word bx+5]
 mov eax, strict dword 5
 add eax, strict dword 5
 add ecx, strict byte 5
 add eax, strict 5
 push strict dword 5
 push byte 5
 push word 5
 jmp short $
 jmp strict near $
 jmp near $
 jz $+200
 jz near $+2
 call 5
 call eax
 call [eax]
 call word [eax]
 jmp far [eax]
 jmp far word [eax]
 fadd
 fadd st1
 fadd to st2
 fadd st0, st3
 fadd st3, st0
 fadd dword [eax]
 fsubrp
 fdivp st3
 fxch
 fxch st2
 fcom
 fucomi st1
 fcmovb st0, st2
 fld st5
 fstp qword [eax]
 fnstsw ax
 fstcw [eax]
 ffree st1
 cmpeqps xmm0, xmm1
 cmpltsd xmm0, [eax]
 vcmpneqps xmm0, xmm1, xmm2
 pclmullqlqdq xmm0,xmm1
 movsd
 movsd xmm0,[eax]
 cmpsd
 lar eax, bx
 str ax
 str eax
 smsw ax
 mov ax, ds
 mov ds, ax
 mov eax, ds
 mov cr0, eax
 mov eax, dr7
 bsf eax, ecx
 int3
 int 3
 icebp
 ud2
 cvtsi2sd xmm0, [eax]
 cvtsi2sd xmm0, dword [eax]
 nop dword [eax]
 pause
 monitor
 mwait
 sysenter
 vmrun
 vmmcall
 stgi
 clgi
 invlpga
 invlpg [eax]
 blendvps xmm0, xmm1
 blendvps xmm0, xmm1, xmm0
 pblendvb xmm0,xmm1
 vaddps ymm0, ymm1
 vaddps ymm0, ymm1, [eax]
 vmovaps [eax], xmm1
 vmovaps xmm1, xmm2
 vblendvps xmm0, xmm1, xmm2, xmm3
 vgatherdps xmm0,[eax+xmm1*4],xmm2
 sal eax, 1
 setz al
 cmovnbe eax, ebx
 jpe $
 bound eax,[ebx]
 les eax,[ebx]
 fs movsb
 rep fs movsb
 lock inc dword [fs:ebx]
 wait
 retn
 retn 5
 retf 6
 ret 4
 xabort 5
 repz ret
 bswap eax
 cmpxchg8b [eax]
 sldt [eax]
 lgdt [eax]
 o16 lgdt [eax]
 mov al,[5]
 mov [5],eax
 mov eax,[fs:5]
 incbin "words.inc", 1, 3
 mov eax, 'abcd'
 a16 mov eax,[5]
 xchg eax, eax
 xchg ax, cx
 imul eax, [ebx], 5
 imul eax,[ebx],500
 shld eax, ebx, 5
 shrd [eax], ebx, cl
 crc32 eax, byte [ebx]
 movzx eax, byte [ebx]
 movsx eax, bx
 pinsrw xmm0, eax, 5
 pextrw eax, xmm0, 5
 pextrw [eax], xmm0, 5
 movd xmm0, eax
 movq xmm0,[eax]
 movq [eax], xmm0
 movd mm0,[eax]
 sidt [eax]
 int1
 loop $, ecx
 loop $, cx
 jcxz $
 salc
 push cs
 arpl ax, bx
