; An event that ends a long-mode scenario: 64-bit code, the vector on the stack.

bits 64
caught64:
        push rax
        mov [abs record + RECORD.ds], ds
        pop qword [abs record + RECORD.gpr + GPR_AX]
        pop rax
        mov [abs record + RECORD.vector], eax
        mov [abs record + RECORD.gpr + GPR_SP], rsp
        mov [abs record + RECORD.gpr + GPR_CX], rcx
        mov [abs record + RECORD.gpr + GPR_DX], rdx
        mov [abs record + RECORD.gpr + GPR_BX], rbx
        mov [abs record + RECORD.gpr + GPR_BP], rbp
        mov [abs record + RECORD.gpr + GPR_SI], rsi
        mov [abs record + RECORD.gpr + GPR_DI], rdi
%assign n 8
%rep 8
        mov [abs record + RECORD.gpr + 8 * n], r%[n]
%assign n n + 1
%endrep
        mov [abs record + RECORD.ss], ss
        mov [abs record + RECORD.cs], cs
        mov [abs record + RECORD.es], es
        mov [abs record + RECORD.fs], fs
        mov [abs record + RECORD.gs], gs
        mov rsp, KERNEL_STACK
        pushfq
        pop rax
        mov [abs record + RECORD.flags], eax
        cld
        str [abs record + RECORD.tr]
        sldt [abs record + RECORD.ldtr]
        mov rax, dr7
        mov [abs record + RECORD.dr7], eax
        mov eax, DR7_RESET
        mov dr7, rax
        mov rax, dr6
        mov [abs record + RECORD.dr6], eax
        mov rax, cr0
        mov [abs record + RECORD.cr0], eax
        mov rax, cr2
        mov [abs record + RECORD.cr2], rax
        mov rax, cr3
        mov [abs record + RECORD.cr3], eax
        mov rax, cr4
        mov [abs record + RECORD.cr4], eax
        lgdt [abs kernel_gdtr64]
        jmp far dword [abs .legacy]
.legacy:
        dd .compatibility, KCODE

bits 32
.compatibility:
        mov eax, KDATA
        mov ds, eax
        mov ss, eax
        jmp leave_paging

kernel_gdtr64:
        dw kernel_gdtr - kernel_gdt - 1
        dq kernel_gdt
