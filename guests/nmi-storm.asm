; nmi-storm: works out a checksum while thousands of NMIs arrive, and verifies it.
;
; Shows     that no NMI changes what it interrupts: registers, flags, stack, memory, a REP MOVSQ half done
; Exits     ioio; what NMI delivery costs
; Entry     multiboot, loaded at 100000h; 64-bit
; NMIs      by schedule, every 3000 instructions, from 1000 on
; Handler   writes nmi_count:4, last_rip:8; the output follows
; QEMU      -kernel
;
; The work is 3.3 million instructions. The handler runs on an IST stack and takes about 30: a strategy
; that lets NMIs nest overwrites the frame of the interrupted handler, as on silicon.

%include "boot64.inc"

ROUNDS          equ 150000
SEED            equ 9E3779B97F4A7C15h
TABLE_WORDS     equ 32
COPY_PERIOD     equ 1024                ; rounds between two copies of the table
CHECKSUM        equ 033B9FFDh           ; test/guests/storm-checksum.test.ts works it out another way

        BOOT64
main:   SET_IST 1, nmi_stack_top
        SET_GATE NMI_VECTOR, nmi_handler, 1
        sti

        mov rax, SEED
        xor r8d, r8d                    ; r9:r8 is a 128-bit sum
        xor r9d, r9d
        mov r10d, 1
        mov r12d, ROUNDS
work:   mov rdx, rax                    ; rax: Marsaglia's xorshift64
        shl rdx, 13
        xor rax, rdx
        mov rdx, rax
        shr rdx, 7
        xor rax, rdx
        mov rdx, rax
        shl rdx, 17
        xor rax, rdx
        add r8, rax
        adc r9, r10                     ; CF lives across a boundary where an NMI may arrive
        rol r10, 5
        xor r10, r8
        push r10
        pop r11
        mov ebx, r12d
        and ebx, TABLE_WORDS - 1
        mov [table + rbx * 8], r11
        test r12d, COPY_PERIOD - 1
        jnz .next
        mov esi, table
        mov edi, copy
        mov ecx, TABLE_WORDS
        rep movsq
        mov ecx, TABLE_WORDS
.fold:  add r9, [copy + rcx * 8 - 8]
        rol r9, 1
        dec ecx
        jnz .fold
.next:  dec r12d
        jnz work

        xor r8, r9
        xor r8, r10
        mov rax, r8
        shr rax, 32
        xor eax, r8d
        mov [checksum], eax

        PRINT "nmi-storm: checksum "
        mov eax, [checksum]
        call print_hex
        cmp dword [checksum], CHECKSUM
        jne harmed
        PRINT " ok, "
        PRINT_DECIMAL [nmi_count]
        PRINT " NMIs", 10
        EXIT STATUS_OK

harmed: PRINT " WRONG", 10
        EXIT STATUS_FAILED

; Counts, remembers where the last NMI struck, and leaves nothing of the interrupted work in the registers.
nmi_handler:
        push rax
        push rbx
        push rcx
        push rdx
        inc dword [nmi_count]
        mov rax, [rsp + 4 * 8]          ; RIP of the interrupted instruction
        mov [last_rip], rax
        mov ecx, 4
.spend: rol rax, 7
        lea rbx, [rax + rcx]
        sub rdx, rbx
        dec ecx
        jnz .spend
        pop rdx
        pop rcx
        pop rbx
        pop rax
        iretq

        section .bss
        alignb 8
table:  resq TABLE_WORDS
copy:   resq TABLE_WORDS
last_rip: resq 1
checksum: resd 1
nmi_count: resd 1
        alignb 16
        resb 400h
nmi_stack_top:

        END64
