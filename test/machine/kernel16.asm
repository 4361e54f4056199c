; The real-mode part of the kernel, which runs at LOW_KERNEL: it enters real mode and catches events there.

REAL_STUBS equ 0x400    ; offset of the entry for vector 0, 8 bytes apart

%define low(label) (label - low_kernel)

bits 16
align 16
low_kernel:
; Entered in 16-bit protected mode. Data segments get a limit of 64 KiB, which they keep.
real_entry:
        mov ax, KDATA16
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov eax, [cs:low(low_state) + STATE.cr0]
        mov cr0, eax
        jmp LOW_KERNEL >> 4:low(.real)
.real:
        mov es, [cs:low(low_state) + STATE.es]
        mov fs, [cs:low(low_state) + STATE.fs]
        mov gs, [cs:low(low_state) + STATE.gs]
        mov ss, [cs:low(low_state) + STATE.ss]
        mov esp, [cs:low(low_state) + STATE.rsp]
        mov eax, [cs:low(low_state) + STATE.dr7]
        mov dr7, eax
        mov eax, [cs:low(low_state) + STATE.gpr + GPR_AX]
        mov ecx, [cs:low(low_state) + STATE.gpr + GPR_CX]
        mov edx, [cs:low(low_state) + STATE.gpr + GPR_DX]
        mov ebx, [cs:low(low_state) + STATE.gpr + GPR_BX]
        mov ebp, [cs:low(low_state) + STATE.gpr + GPR_BP]
        mov esi, [cs:low(low_state) + STATE.gpr + GPR_SI]
        mov edi, [cs:low(low_state) + STATE.gpr + GPR_DI]
        mov ds, [cs:low(low_state) + STATE.ds]
        iret

caught16:
        mov [cs:low(low_record) + RECORD.gpr + GPR_AX], eax
        pop ax
        mov [cs:low(low_record) + RECORD.vector], ax
        mov [cs:low(low_record) + RECORD.gpr + GPR_SP], esp
        mov [cs:low(low_record) + RECORD.gpr + GPR_CX], ecx
        mov [cs:low(low_record) + RECORD.gpr + GPR_DX], edx
        mov [cs:low(low_record) + RECORD.gpr + GPR_BX], ebx
        mov [cs:low(low_record) + RECORD.gpr + GPR_BP], ebp
        mov [cs:low(low_record) + RECORD.gpr + GPR_SI], esi
        mov [cs:low(low_record) + RECORD.gpr + GPR_DI], edi
        mov [cs:low(low_record) + RECORD.ss], ss
        mov [cs:low(low_record) + RECORD.cs], cs
        mov [cs:low(low_record) + RECORD.ds], ds
        mov [cs:low(low_record) + RECORD.es], es
        mov [cs:low(low_record) + RECORD.fs], fs
        mov [cs:low(low_record) + RECORD.gs], gs
        mov eax, cr0
        mov [cs:low(low_record) + RECORD.cr0], eax
        lgdt [cs:low(low_gdtr)]
        mov eax, CR0_PE
        mov cr0, eax
        jmp dword KCODE:from_real

low_gdtr:
        dw kernel_gdtr - kernel_gdt - 1
        dd kernel_gdt

        times REAL_STUBS - low($) db 0
        stubs caught16
align 4
low_state:
        times STATE_size db 0
low_record:
        times RECORD_size db 0
low_kernel_end:

bits 32
from_real:
        mov eax, KDATA
        mov ds, eax
        mov es, eax
        lss esp, [kernel_stack]
        pushfd
        pop eax
        cld
        mov esi, LOW_KERNEL + low(low_record)
        mov edi, record
        mov ecx, RECORD_size / 4
        rep movsd
        mov [record + RECORD.flags], eax
        jmp save_debug
