; The kernel of the machine tests: sets a scenario up, starts it, and reports what the processor made of it.
;
; It runs unchanged in vmexit, QEMU and Bochs. A scenario is data made by generate.ts: memory contents, register
; values, and a frame that the kernel's IRET takes it to. Whatever event comes first ends it, in one of the entries
; below; the registers at that entry and every doubleword of the arena that changed go to port E9h as a line of hex
; numbers. A triple fault resets the machine, comes here again and is reported as such.
;
; Entry   32-bit protected mode, flat segments, interrupts off; the image at IMAGE
; Prints  R index fields... M address value...   once for every scenario; S index after a triple fault; E at the end

%include "layout.asm"

CONSOLE       equ 0xe9
EXIT_PORT     equ 0xf4
BOCHS_PORT    equ 0x8900    ; Bochs ends when it reads "Shutdown" here
MSR_EFER      equ 0xc0000080
EFER_LME      equ 0x100
CR0_PE        equ 0x11      ; and ET
CR0_PG        equ 0x80000000
CR4_PAE       equ 0x20
DR6_RESET     equ 0xffff0ff0
DR7_RESET     equ 0x400

LONG_MODE     equ 1         ; kinds of scenario; 0 is 32-bit
REAL_MODE     equ 2

; A scenario's state, as scenario.ts writes it.
struc STATE
.kind         resd 1
.gdtr         resd 2        ; limit in the upper half of the first, base
.idtr         resd 2
.ldtr         resd 1
.tr           resd 1
.cr0          resd 1
.cr2          resd 1
.cr3          resd 1
.cr4          resd 1
.efer         resd 1
.dr           resd 4
.dr7          resd 1
.es           resd 1
.fs           resd 1
.gs           resd 1
.ds           resd 1
.rsp          resq 1        ; with the selector of SS after it: 32-bit scenarios load both by LSS
.ss           resd 1
.gpr          resq 16       ; RAX RCX RDX RBX - RBP RSI RDI R8 to R15
.star         resd 2
.lstar        resd 2
.cstar        resd 2
.sfmask       resd 1
endstruc

; What an entry saves, in the order of the report; report.ts reads it.
struc RECORD
.vector       resd 1
.cs           resd 1
.ss           resd 1
.ds           resd 1
.es           resd 1
.fs           resd 1
.gs           resd 1
.tr           resd 1
.ldtr         resd 1
.flags        resd 1
.cr0          resd 1
.cr2          resq 1
.cr3          resd 1
.cr4          resd 1
.dr6          resd 1
.dr7          resd 1
.gpr          resq 16       ; with RSP in its place
endstruc

GPR_AX equ 0
GPR_CX equ 8
GPR_DX equ 16
GPR_BX equ 24
GPR_SP equ 32
GPR_BP equ 40
GPR_SI equ 48
GPR_DI equ 56

org IMAGE
bits 32
entry:
        lgdt [kernel_gdtr]
        lidt [kernel_idtr]
        mov eax, KDATA
        mov ds, eax
        mov es, eax
        mov fs, eax
        mov gs, eax
        mov ss, eax
        mov esp, KERNEL_STACK
        mov eax, CR0_PE
        mov cr0, eax
        xor eax, eax
        mov cr4, eax
        cld
        cmp dword [MARK], RUNNING
        jne first
        mov al, 'S'
        call put
        mov eax, [index]
        call put_number
        call put_line
        mov byte [is_quiet], 1
        call report_changes
        jmp next
first:
        mov esi, low_kernel
        mov edi, LOW_KERNEL
        mov ecx, (low_kernel_end - low_kernel + 3) / 4
        rep movsd
        mov dword [cursor], SCENARIOS + 4
        mov dword [MARK], RUNNING
        jmp run_scenario

next:
        inc dword [index]
        mov esi, [changes]
        call undo
run_scenario:
        mov eax, [index]
        cmp eax, [SCENARIOS]
        jae finish
        mov esi, [cursor]
        lodsd                           ; the contents that scenarios of a kind share
        cmp eax, [base]
        je .changes
        mov [base], eax
        mov edx, esi
        call load_base
        mov esi, edx
.changes:
        mov [changes], esi
        call apply
        mov edi, state
        mov ecx, STATE_size / 4
        rep movsd
        mov [cursor], esi
        mov byte [is_quiet], 0
        mov byte [is_caught], 0
        mov edi, record
        xor eax, eax
        mov ecx, RECORD_size / 4
        rep stosd
        jmp launch

; Arena and snapshot as the pieces at EAX say, zero elsewhere.
load_base:
        mov esi, eax
        xor eax, eax
        xor edi, edi
        mov ecx, ARENA_BYTES / 4
        rep stosd
        mov edi, SNAPSHOT
        mov ecx, ARENA_BYTES / 4
        rep stosd
; Writes the pieces at ESI into arena and snapshot: address, number of doublewords, contents, former contents; an
; address of -1 ends.
apply:
        lodsd
        cmp eax, -1
        je done
        mov edi, eax
        lodsd
        mov ecx, eax
        call copy_twice
        lea esi, [esi + 4 * eax]
        jmp apply

; Writes their former contents.
undo:
        lodsd
        cmp eax, -1
        je done
        mov edi, eax
        lodsd
        mov ecx, eax
        lea esi, [esi + 4 * eax]
        call copy_twice
        jmp undo

; ECX doublewords from ESI to arena and snapshot. Keeps EAX, moves ESI.
copy_twice:
        push edi
        push esi
        push ecx
        rep movsd
        pop ecx
        pop esi
        pop edi
        add edi, SNAPSHOT
        rep movsd
done:   ret

launch:
        mov eax, [state + STATE.dr]
        mov dr0, eax
        mov eax, [state + STATE.dr + 4]
        mov dr1, eax
        mov eax, [state + STATE.dr + 8]
        mov dr2, eax
        mov eax, [state + STATE.dr + 12]
        mov dr3, eax
        mov eax, DR6_RESET
        mov dr6, eax
        mov eax, [state + STATE.cr2]
        mov cr2, eax
        lgdt [state + STATE.gdtr + 2]
        lidt [state + STATE.idtr + 2]
        cmp dword [state + STATE.kind], LONG_MODE
        je launch_long
        cmp dword [state + STATE.kind], REAL_MODE
        je launch_real
        lldt [state + STATE.ldtr]
        ltr [state + STATE.tr]
        call load_efer
        mov eax, [state + STATE.cr4]
        mov cr4, eax
        mov eax, [state + STATE.cr3]
        mov cr3, eax
        mov eax, [state + STATE.cr0]
        mov cr0, eax
        mov eax, [state + STATE.dr7]
        mov dr7, eax
        mov es, [state + STATE.es]
        mov fs, [state + STATE.fs]
        mov gs, [state + STATE.gs]
        lss esp, [state + STATE.rsp + 4]
        mov eax, [state + STATE.gpr + GPR_AX]
        mov ecx, [state + STATE.gpr + GPR_CX]
        mov edx, [state + STATE.gpr + GPR_DX]
        mov ebx, [state + STATE.gpr + GPR_BX]
        mov ebp, [state + STATE.gpr + GPR_BP]
        mov esi, [state + STATE.gpr + GPR_SI]
        mov edi, [state + STATE.gpr + GPR_DI]
        mov ds, [cs:state + STATE.ds]
        iretd

load_efer:
        mov ecx, MSR_EFER
        xor edx, edx
        mov eax, [state + STATE.efer]
        wrmsr
        ret

launch_long:
        call load_efer
        mov eax, [state + STATE.cr4]
        mov cr4, eax
        mov eax, [state + STATE.cr3]
        mov cr3, eax
        mov eax, [state + STATE.cr0]
        mov cr0, eax
        jmp KCODE64:launch64

bits 64
launch64:
        lldt [abs state + STATE.ldtr]
        ltr [abs state + STATE.tr]
%macro load_msr 2
        mov ecx, %1
        mov eax, [abs state + %2]
        mov edx, [abs state + %2 + 4]
        wrmsr
%endmacro
        load_msr 0xc0000081, STATE.star
        load_msr 0xc0000082, STATE.lstar
        load_msr 0xc0000083, STATE.cstar
        mov ecx, 0xc0000084
        mov eax, [abs state + STATE.sfmask]
        xor edx, edx
        wrmsr
        mov eax, [abs state + STATE.dr7]
        mov dr7, rax
        mov es, [abs state + STATE.es]
        mov fs, [abs state + STATE.fs]
        mov gs, [abs state + STATE.gs]
        mov ds, [abs state + STATE.ds]
        mov ss, [abs state + STATE.ss]
        mov rsp, [abs state + STATE.rsp]
        mov rax, [abs state + STATE.gpr + GPR_AX]
        mov rcx, [abs state + STATE.gpr + GPR_CX]
        mov rdx, [abs state + STATE.gpr + GPR_DX]
        mov rbx, [abs state + STATE.gpr + GPR_BX]
        mov rbp, [abs state + STATE.gpr + GPR_BP]
        mov rsi, [abs state + STATE.gpr + GPR_SI]
        mov rdi, [abs state + STATE.gpr + GPR_DI]
%assign n 8
%rep 8
        mov r%[n], [abs state + STATE.gpr + 8 * n]
%assign n n + 1
%endrep
        iretq

bits 32
launch_real:
        mov esi, state
        mov edi, LOW_KERNEL + low_state - low_kernel
        mov ecx, STATE_size / 4
        rep movsd
        mov eax, KDATA
        mov es, eax
        jmp KCODE16:real_entry - low_kernel

; An event that ends a 32-bit scenario: the stack has the vector on top, and whatever the processor pushed.
caught:
        push eax
        mov eax, ds                     ; PUSH DS would leave half of the slot undefined
        push eax
        mov eax, KDATA
        mov ds, eax
        cmp byte [is_caught], 0         ; the first event counts, not what the kernel does after it with DR7.GD set
        jne save_debug
        mov byte [is_caught], 1
        pop dword [record + RECORD.ds]
        pop dword [record + RECORD.gpr + GPR_AX]
        pop dword [record + RECORD.vector]
        mov [record + RECORD.gpr + GPR_SP], esp
        mov [record + RECORD.gpr + GPR_CX], ecx
        mov [record + RECORD.gpr + GPR_DX], edx
        mov [record + RECORD.gpr + GPR_BX], ebx
        mov [record + RECORD.gpr + GPR_BP], ebp
        mov [record + RECORD.gpr + GPR_SI], esi
        mov [record + RECORD.gpr + GPR_DI], edi
        mov [record + RECORD.ss], ss
        mov [record + RECORD.cs], cs
        mov [record + RECORD.es], es
        mov [record + RECORD.fs], fs
        mov [record + RECORD.gs], gs
        lss esp, [kernel_stack]
        pushfd
        pop dword [record + RECORD.flags]
        cld
        str [record + RECORD.tr]
        sldt [record + RECORD.ldtr]
        mov eax, cr0
        mov [record + RECORD.cr0], eax
save_debug:
        lss esp, [kernel_stack]
        mov eax, dr7
        mov [record + RECORD.dr7], eax
        mov eax, DR7_RESET
        mov dr7, eax
        mov eax, dr6
        mov [record + RECORD.dr6], eax
        mov eax, cr2
        mov [record + RECORD.cr2], eax
        mov eax, cr3
        mov [record + RECORD.cr3], eax
        mov eax, cr4
        mov [record + RECORD.cr4], eax
leave_paging:
        mov eax, CR0_PE
        mov cr0, eax
        xor eax, eax
        mov cr4, eax
        mov cr3, eax
        mov ecx, MSR_EFER
        xor edx, edx
        wrmsr
back:
        lgdt [kernel_gdtr]
        lidt [kernel_idtr]
        jmp KCODE:.reload
.reload:
        mov eax, KDATA
        mov ds, eax
        mov es, eax
        mov fs, eax
        mov gs, eax
        lss esp, [kernel_stack]
        push dword 2                    ; flags as at the start
        popfd
        call report
        jmp next

kernel_stack:
        dd KERNEL_STACK, KDATA
align 8
kernel_gdt:
        dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00af9b000000ffff, 0x00009b080000ffff, 0x000093000000ffff
kernel_gdtr:
        dw kernel_gdtr - kernel_gdt - 1
        dd kernel_gdt
kernel_idtr:
        dw 0
        dd 0
align 8
index:  dd 0
cursor: dd 0
changes: dd 0           ; the pieces of the running scenario
base:   dd 0             ; what it shares with others
is_quiet: dd 0
is_caught: dd 0
state:  times STATE_size db 0
record: times RECORD_size db 0


; One entry for each vector. `caught` finds the vector on the stack.
%macro stubs 1
%assign n 0
%rep 256
        push byte n - 256 * (n / 128)
        jmp near %1
        align 8
%assign n n + 1
%endrep
%endmacro

        times STUBS32 - IMAGE - ($ - $$) db 0
        stubs caught
        times STUBS64 - IMAGE - ($ - $$) db 0
bits 64
        stubs caught64

%include "kernel64.asm"
%include "kernel16.asm"
%include "report.asm"

        times SCENARIOS - IMAGE - ($ - $$) db 0
