; Addresses relative to RIP, sizes of immediates, forms of 64-bit code.
bits 64
default rel
s: mov rax,[s]
 mov eax,[abs s]
 mov eax,[rel s]
 mov eax,[fs:s]
 lea rsi,[s]
 cmp byte [s], 5
 mov dword [s], 5
 mov rax, s
 mov rax, s-s+5
 mov eax, e-s
 mov rcx, e
 add rax, e-s
 push e-s
 push s
 mov rax, [qword 0x1122334455667788]
 mov [qword 0x1122334455667788], al
 mov rbx, -1
 mov rbx, 0xffffffffffffffff
 mov rbx, 0x80000000
 mov rbx, 0x7fffffff
 mov rbx, dword -1
 add rbx, 0x7fffffff
 add rbx, -0x80000000
 and rbx, 0xfffffffffffffff0
 add rbx, 128
 sub rbx, -128
 xchg rax, r8
 xchg r8, rax
 movsxd rax, ecx
 movsx rax, ecx
 call [s]
 call s
 call rax
 jmp [rax]
 jmp e
 times 130 nop
e: jmp s
 jz e
 o64 ret
 retq
 syscall
 sysret
 o64 sysret
 iretq
 swapgs
 push rax
 pop r12
 push fs
 pushfq
 popfq
 pushf
 mov rax, cr8
 mov ds, eax
 mov rax, ds
 mov [rax], ds
 movq xmm1, rax
 movq rax, xmm1
 movd eax, xmm1
 cvtsi2sd xmm1, rax
 cvtsi2sd xmm1, qword [rax]
 cvttsd2si rax, xmm1
 vcvtsi2sd xmm1, xmm2, rax
 rep stosq
 lodsq
 a32 lodsq
 jrcxz e
 jecxz e
 loop e
 bswap r9
 cmpxchg16b [rax]
 rdfsbase rax
 wrgsbase ecx
 mov r8b, 5
 mov sil, al
 mov r9d, 5
 mov byte [rax], 5
 mov qword [rax], -5
 test rax, 5
 test al, 5
 test r8d, 0x12345
 inc rax
 dec dword [rax]
 vzeroupper
 vpxor ymm1, ymm2, ymm3
 vfmadd231ps ymm0, ymm1, [rax]
 vpbroadcastb ymm0, xmm1
 vextracti128 xmm0, ymm1, 1
 vgatherqpd ymm0,[rax+ymm1*8+5],ymm2
 andn rax, rbx, rcx
 bextr eax, [rbx], ecx
 shlx rax, [rbx], rcx
 rorx rax, rbx, 5
 mulx rax, rbx, rcx
 popcnt rax, rbx
 tzcnt eax, [rbx]
 prefetchnta [rax]
 prefetchw [rax]
 clflush [rax]
 fxsave64 [rax]
 xsave [rax]
 xgetbv
 vmload
 vmsave
 stgi
 rdtscp
 rdpid rax
 endbr64
 ud1 eax, ebx
 nop
 nop word [rax+rax+5]
 lea eax, [rax]
 lea rax, [eax]
 mov eax, [rax+r12*8]
 mov eax, [r12]
 mov eax, [r13]
 mov eax, [rsp]
 mov eax, [rbp+0]
 mov eax,[rax+0x80]
 mov eax,[rax-0x80]
 mov eax,[0xffffffff80000000]
 mov eax,[gs:0x10]
 dq s, e-s
 dd s
 resb 4
 db 'end'
