; mode-walk: one program through every mode of the processor, with a trace of what it finds there.
;
; The trace is an array of doublewords, printed in the end as lines of hexadecimal. EBP points to its next entry in
; every mode, so that LOG needs no stack. All of the program runs below 64 KiB, where real mode can reach it.

%define BASE     9000h
%define TRACE    10000h - 3000h
%define STACK16  6000h
%define STACK32  7000h
%define STACK3   7800h
%define PT       20000h                 ; page tables, one format after the other
%define WINDOW   00400000h              ; linear address that each format maps elsewhere

COM1 equ 3F8h
EXIT_PORT equ 0F4h

        org 100000h
        section .text
        bits 32
image:  align 4
header: dd 1BADB002h, 10000h, -(1BADB002h + 10000h) & 0FFFFFFFFh
        dd header, image, 0, 0, start
start:  cli
        cld
        mov esi, section..low.start
        mov edi, BASE
        mov ecx, section_end - section_start
        rep movsb
        mov esp, STACK32
        lgdt [gdt_pointer]
        jmp CODE32:walk

        section .low vstart=BASE follows=.text align=16
section_start:

%macro LOG 1
  %if __BITS__ == 64
        mov [rbp], %1
        lea ebp, [rbp + 4]
  %else
        mov [ds:ebp], %1
        lea ebp, [ebp + 4]
  %endif
%endmacro

%macro MARK 1                           ; begins a line of the trace
  %if __BITS__ == 64
        mov dword [rbp], 0AAAA0000h + %1
        lea ebp, [rbp + 4]
  %else
        mov dword [ds:ebp], 0AAAA0000h + %1
        lea ebp, [ebp + 4]
  %endif
%endmacro

%macro DESCRIPTOR 4                     ; base, limit in units, access byte, flags
        dw (%2) & 0FFFFh, (%1) & 0FFFFh
        db ((%1) >> 16) & 0FFh, %3, ((%4) << 4) | ((%2) >> 16), ((%1) >> 24) & 0FFh
%endmacro

        align 8
gdt:    dq 0
CODE32  equ $ - gdt
        DESCRIPTOR 0, 0FFFFFh, 9Bh, 0Ch
DATA32  equ $ - gdt
        DESCRIPTOR 0, 0FFFFFh, 93h, 0Ch
CODE16  equ $ - gdt
        DESCRIPTOR 0, 0FFFFh, 9Ah, 0
DATA16  equ $ - gdt
        DESCRIPTOR 0, 0FFFFh, 92h, 0
CODE64  equ $ - gdt
        DESCRIPTOR 0, 0FFFFFh, 9Bh, 0Ah
USER32  equ ($ - gdt) | 3
        DESCRIPTOR 0, 0FFFFFh, 0FBh, 0Ch
USERDATA equ ($ - gdt) | 3
        DESCRIPTOR 0, 0FFFFFh, 0F3h, 0Ch
USER64  equ ($ - gdt) | 3
        DESCRIPTOR 0, 0FFFFFh, 0FBh, 0Ah
USER16  equ ($ - gdt) | 3
        DESCRIPTOR 0, 0FFFFh, 0FAh, 0
USERDATA16 equ ($ - gdt) | 3
        DESCRIPTOR 0, 0FFFFh, 0F2h, 0
TASK_A  equ $ - gdt
        DESCRIPTOR tss_a, 67h, 89h, 0
TASK_B  equ $ - gdt
        DESCRIPTOR tss_b, 67h, 89h, 0
GATE    equ $ - gdt
        dw gate_target, CODE32, 0EC02h, 0
GATE64  equ $ - gdt
        dw gate_target64, CODE64, 0EC00h, 0
        dq 0
TASK64  equ $ - gdt
        DESCRIPTOR tss64, 67h, 89h, 0
        dq 0
TASKGATE equ $ - gdt
        dw 0, TASK_B, 8500h, 0
gdt_end:
gdt_pointer: dw gdt_end - gdt - 1
        dd gdt
idt_pointer: dw 256 * 8 - 1
        dd idt
idt64_pointer: dw 256 * 16 - 1
        dd idt64, 0
ivt_pointer: dw 3FFh
        dd 0

        align 4
resume: dd 0                            ; where a fault goes on
words:  dd 11111111h, 22222222h, 33333333h, 44444444h
copy:   times 4 dd 0

; --- 32-bit protected mode ---------------------------------------------------------------------------------------
        bits 32
walk:   mov ax, DATA32
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK32
        mov edi, TRACE
        mov ecx, 0C00h
        xor eax, eax
        rep stosd
        mov ebp, TRACE
        call make_idt
        lidt [idt_pointer]
        mov dword [tss_a + 4], STACK32 - 400h
        mov dword [tss_a + 8], DATA32
        mov ax, TASK_A
        ltr ax
        mov eax, [gdt + TASK_A + 4]
        MARK 1
        LOG eax                         ; busy
        xor eax, eax
        lmsw ax                         ; cannot clear PE
        smsw eax
        and eax, 1
        LOG eax

; queries
        MARK 2
%macro QUERY 1
        xor eax, eax
        mov ecx, %1
        lar eax, ecx
        setz bl
        and eax, 0F0FF00h               ; QEMU clears bits 19:16
        movzx ebx, bl
        LOG eax
        LOG ebx
        xor eax, eax
        lsl eax, ecx
        setz bl
        LOG eax
        LOG ebx
        verr cx
        setz bl
        LOG ebx
        verw cx
        setz bl
        LOG ebx
%endmacro
        QUERY CODE32
        QUERY DATA16
        QUERY USERDATA
        QUERY TASK_A
        QUERY GATE
        QUERY TASKGATE
        QUERY 7F8h

; a 16-bit stack under 32-bit code
        MARK 3
        mov ax, DATA16
        mov esp, 12340000h + STACK16
        mov ss, ax
        push dword 5
        LOG esp
        pusha
        LOG esp
        popa
        push ds
        push word 7
        LOG esp
        pop ax
        pop ds
        push cs
        push fs
        LOG esp
        mov eax, [STACK16 - 12]
        LOG eax
        mov edi, ebp
        mov ebp, 77770000h + STACK16 - 40
        enter 8, 1
        mov ebx, ebp
        mov ecx, esp
        leave
        mov edx, ebp
        mov ebp, edi
        LOG ebx
        LOG ecx
        LOG edx
        LOG esp
        mov sp, 2                       ; wraps from 2 to FFFEh, through a push of two words
        push word 1
        push word 2
        LOG esp
        mov ax, DATA32
        mov ss, ax
        mov esp, STACK32

; 16-bit code with a 32-bit stack
        MARK 4
        jmp CODE16:.in16
        bits 16
.in16:  push ax
        LOG esp
        push dword 1
        LOG esp
        call .near
.near:  LOG esp
        pop bx
        movzx ebx, bx
        LOG ebx
        call dword .near32
.near32: pop ebx
        LOG ebx
        push cs
        push word .far
        retf
.far:   mov edx, 0FFFF0000h
        mov dx, words
        mov si, words
        mov di, copy
        mov cx, 4
        rep movsw
        mov eax, [copy + 4]
        LOG eax
        mov esi, words
        mov ecx, 2
        a32 rep lodsd
        LOG eax
        LOG esi
        LOG ecx
        mov ax, DATA32
        mov fs, ax
        mov si, words + 8
        fs lodsd
        LOG eax
        mov esp, STACK32
        jmp dword CODE32:.back
        bits 32
.back:

; call gate from level 3, with parameters, and faults there
        MARK 5
        mov dword [resume], .from3
        push USERDATA
        push STACK3
        push USER32
        push .at3
        retf
.at3:   mov ax, USERDATA
        mov ds, ax
        mov es, ax
        push dword 0AAAAh
        push dword 0BBBBh
        call GATE:0
        LOG esp
        mov eax, ds
        LOG eax
        pushfd
        pop eax
        LOG eax
        cli                             ; #GP
.from3: mov eax, ss
        LOG eax
        LOG esp
        mov ax, DATA32
        mov ds, ax
        mov es, ax
        mov esp, STACK32

; faults of segment loads
%macro FAULTS 1+
        mov dword [resume], %%after
        %1
        MARK 0EEh
%%after:
%endmacro
        MARK 6
        xor eax, eax
        FAULTS mov ss, ax
        mov ax, CODE32
        FAULTS mov ss, ax
        mov ax, USERDATA
        FAULTS mov ss, ax
        mov ax, TASK_A
        FAULTS mov ds, ax
        mov ax, 7F8h
        FAULTS mov es, ax
        FAULTS jmp 0:0
        FAULTS jmp DATA32:0
        FAULTS jmp USER32:walk
        FAULTS call TASK_A:0
        FAULTS int 90h
        FAULTS ud2
        mov ax, 5
        FAULTS ltr ax
        mov ax, TASK_A
        FAULTS ltr ax
        FAULTS lldt ax
        xor ax, ax
        lldt ax
        mov ax, 4
        FAULTS mov fs, ax

; single steps through everything
        MARK 7
        pushfd
        or dword [esp], 100h
        popfd
        nop
        mov ax, ss
        mov ss, ax
        nop
        push ss
        pop ss
        nop
        pushfd
        pop eax
        mov esi, words
        mov edi, copy
        mov ecx, 3
        rep movsb
        int 91h
        lds eax, [pointer]
        pushfd
        and dword [esp], ~100h
        popfd
        nop

; tasks
        MARK 8
        mov dword [tss_b + 20h], task_b
        mov dword [tss_b + 24h], 2
        mov dword [tss_b + 38h], STACK16
        mov dword [tss_b + 3Ch], TRACE + 2000h
        mov dword [tss_b + 48h], DATA32
        mov dword [tss_b + 4Ch], CODE32
        mov dword [tss_b + 50h], DATA32
        mov dword [tss_b + 54h], DATA32
        call TASKGATE:0
        LOG esp
        str ax
        movzx eax, ax
        LOG eax
        mov eax, cr0
        and eax, 8
        LOG eax
        clts
        jmp TASK_B:0
        mov eax, [gdt + TASK_A + 4]
        LOG eax
        mov eax, [gdt + TASK_B + 4]
        LOG eax
        pushfd
        pop eax
        LOG eax

; virtual-8086 mode
        MARK 9
        mov [saved], esp
        mov [resume], dword .from86
        push 0
        push 0
        push 0
        push 0
        push 0
        push STACK16
        push 23002h
        push 0
        push .at86
        iretd
        bits 16
.at86:  mov ax, 7
        mov fs, ax
        mov eax, cs
        LOG eax
        LOG esp
        pushf
        pop bx
        movzx ebx, bx
        LOG ebx
        pushfd
        pop ebx
        LOG ebx
        mov bx, words - 70h
        mov eax, [fs:bx]
        LOG eax
        call 0:.far86
.far86: pop ebx
        LOG ebx
        int 92h                         ; logs its frame
        mov eax, cr0                    ; #GP
        bits 32
.from86: mov esp, [saved]
        mov ax, DATA32
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax

; paging formats, one after the other, with the same linear window
        MARK 10
        call make_tables
        mov eax, PT
        mov cr3, eax
        mov eax, cr4
        or eax, 10h                     ; PSE
        mov cr4, eax
        mov eax, cr0
        or eax, 80000000h
        mov cr0, eax
        mov eax, [WINDOW]
        LOG eax
        mov eax, cr0
        and eax, 7FFFFFFFh
        mov cr0, eax
        mov eax, cr4
        or eax, 20h                     ; PAE
        mov cr4, eax
        mov eax, PT + 1000h
        mov cr3, eax
        mov eax, cr0
        or eax, 80000000h
        mov cr0, eax
        mov eax, [WINDOW]
        LOG eax
        call WINDOW + 8                 ; code, in another place in each format
        LOG eax
        mov dword [resume], .unmapped
        mov eax, [80000000h]
.unmapped:
        mov eax, cr2
        LOG eax
        mov eax, cr0
        and eax, 7FFFFFFFh
        mov cr0, eax

; real mode
        MARK 11
        mov eax, cr4
        and eax, ~30h
        mov cr4, eax
        lidt [ivt_pointer]
        mov dword [91h * 4], handler16
        mov ax, DATA16
        mov ss, ax
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        jmp CODE16:.leaving
        bits 16
.leaving:
        mov eax, cr0
        and eax, ~1
        mov cr0, eax
        jmp 0:.real
.real:  xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK16
        mov ax, 1
        mov gs, ax
        int 91h
        mov eax, [gs:words - 10h]
        LOG eax
        push fs
        push dword 3
        o32 push gs
        LOG esp
        o32 pop fs
        mov ax, fs
        movzx eax, ax
        LOG eax
        mov sp, STACK16
        mov ecx, 12340002h
        mov si, words
        mov di, copy
        es rep movsw
        LOG ecx
        mov ecx, 2
        mov esi, words
        mov edi, copy
        a32 gs rep movsd
        mov eax, [copy]
        LOG eax
        push word 803h
        popf
        pushf
        pop ax
        movzx eax, ax
        LOG eax
        push word 2
        popf
        mov eax, .after32
        call dword 0:.far32
.after32: LOG esp
        mov cx, 2
.loop:  inc bx
        loop .loop
        jmp .up
.far32: LOG esp
        o32 retf

; back up with LMSW, and with a 32-bit far jump in 16-bit code
.up:    smsw ax
        or al, 1
        lmsw ax
        jmp dword CODE32:.protected
        bits 32
.protected:
        mov ax, DATA32
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK32

; long mode: first compatibility mode
        MARK 12
        lidt [idt64_pointer]
        mov eax, cr4
        or eax, 20h
        mov cr4, eax
        mov eax, PT + 4000h
        mov cr3, eax
        mov ecx, 0C0000080h
        rdmsr
        or eax, 101h                    ; LME, SCE
        wrmsr
        mov eax, cr0
        or eax, 80000000h
        mov cr0, eax
        mov ecx, 0C0000080h
        rdmsr
        and eax, 0D01h
        LOG eax
        mov eax, [WINDOW]
        LOG eax
        QUERY TASK_A
        QUERY TASK64
        QUERY GATE64
        QUERY CODE64
        mov dword [tss64 + 4], STACK32 - 400h
        mov dword [tss64 + 8], 0
        mov dword [tss64 + 24h], STACK16
        mov dword [tss64 + 28h], 0
        mov ax, TASK64
        ltr ax
        int 91h                         ; through a 64-bit gate and back
        LOG esp
        int 93h                         ; on an interrupt stack
        FAULTS jmp TASK_B:0
        FAULTS jmp CODE64 + 8000h:0
        jmp CODE64:.in64
        bits 64
.in64:  MARK 13
        mov eax, DATA32
        mov ss, eax
        mov rsp, STACK32
        mov eax, [gdt + TASK64 + 4]
        LOG eax
        push fs
        push gs
        o16 push fs
        LOG esp
        o16 pop fs
        pop gs
        pop fs
        int 91h
        int 93h
        xor eax, eax
        mov ss, eax                     ; null is allowed here
        mov eax, ss
        LOG eax
        int 91h
        mov eax, DATA32
        mov ss, eax
        FAULTS db 0EAh                  ; no far jump with an immediate
        FAULTS db 6                     ; no PUSH ES
        mov rax, 8000000000000000h
        FAULTS mov al, [rax]
        mov rsp, STACK32
        sub rsp, 8
        mov rsi, words
        mov edi, copy
        mov rcx, 100000002h
        a32 rep movsd
        LOG ecx
        shr rcx, 32
        LOG ecx
        add rsp, 8
        call far dword [gate64_pointer]
        LOG esp

; system calls, from compatibility mode and from 64-bit mode
        MARK 14
        mov ecx, 0C0000081h
        xor eax, eax
        mov edx, ((USER32 & ~3) - 0) << 16 | CODE64
        or edx, 3 << 16
        wrmsr
        mov ecx, 0C0000082h
        xor edx, edx
        mov eax, entry64
        wrmsr
        mov ecx, 0C0000083h
        mov eax, entry_compat
        wrmsr
        mov ecx, 0C0000084h
        mov eax, 400h
        wrmsr
        push USERDATA
        push STACK3
        push 3C02h & ~0C00h
        push USER32
        push .user
        iretq
        bits 32
.user:  mov ax, USERDATA
        mov ds, ax
        mov es, ax
        LOG esp
        std
        syscall
        pushfd
        pop eax
        LOG eax
        mov eax, cs
        LOG eax
        jmp USER64:.user64
        bits 64
.user64: cld
        syscall
        mov eax, cs
        LOG eax
        mov dword [resume], .from_user
        hlt                             ; #GP, and on at level 0
.from_user:
        mov eax, cs
        LOG eax
        mov eax, ss
        LOG eax
        mov eax, DATA32
        mov ss, eax
        mov ds, eax
        mov es, eax
        mov esp, STACK32

; to 16-bit compatibility mode at level 3 and back
        MARK 15
        push USERDATA16
        mov eax, 12345678h
        and eax, 0FFFF0000h
        or eax, STACK3
        push rax
        push 2
        push USER16
        push .user16
        iretq
        bits 16
.user16: mov ax, USERDATA16
        mov ds, ax
        push ax
        mov ebx, esp
        and ebx, 0FFFFh
        LOG ebx
        push dword 0
        call dword .here
.here:  pop ebx
        LOG ebx
        mov ax, USERDATA16
        mov es, ax
        int 91h
        mov dword [resume], .from16
        hlt                             ; #GP
        bits 64
.from16: mov eax, DATA32
        mov ss, eax
        mov ds, eax
        mov es, eax
        mov rsp, STACK32

; single steps in 64-bit mode, into compatibility mode
        MARK 16
        pushfq
        or dword [rsp], 100h
        popfq
        nop
        mov ss, eax
        nop
        int 91h
        push CODE32
        push .stepped
        retfq
        bits 32
.stepped:
        nop
        pushfd
        and dword [esp], ~100h
        popfd

; out of long mode
        MARK 17
        mov eax, cr0
        and eax, 7FFFFFFFh
        mov cr0, eax
        mov ecx, 0C0000080h
        rdmsr
        and eax, 0D01h
        LOG eax
        and eax, ~100h
        wrmsr
        lidt [idt_pointer]
        int 91h
        MARK 18

; print the trace
        mov esi, TRACE
.word:  lodsd
        mov edx, eax
        shr eax, 16
        cmp eax, 0AAAAh
        jne .hex
        mov al, 10
        call put
.hex:   mov ecx, 8
.digit: rol edx, 4
        mov eax, edx
        and eax, 15
        mov al, [hex + eax]
        call put
        loop .digit
        mov al, ' '
        call put
        cmp esi, TRACE + 2100h
        je .end
        cmp esi, ebp
        jne .word
        mov esi, TRACE + 2000h          ; what the second task wrote
        jmp .word
.end:   mov al, 10
        call put
        mov al, 0
        out EXIT_PORT, al
        hlt

put:    push edx
        mov dx, COM1
        out dx, al
        pop edx
        ret

task_b: LOG esp
        str ax
        movzx eax, ax
        LOG eax
        pushfd
        pop eax
        LOG eax
        mov eax, [tss_b]
        LOG eax
        iretd
        LOG esp
        pushfd
        pop eax
        LOG eax
        jmp TASK_A:0

gate_target:
        mov eax, ss
        LOG eax
        LOG esp
%assign offset 0
%rep 6
        mov eax, [esp + offset]
        LOG eax
  %assign offset offset + 4
%endrep
        retf 8

; An exception or interrupt in 32-bit mode: logs vector and frame. A fault goes on at [resume], at level 0.
event32:
        push ds
        push eax
        mov eax, DATA32
        mov ds, eax
        LOG esp
%assign offset 8
%rep 5
        mov eax, [esp + offset]
        and eax, ~10000h                ; QEMU does not set RF for a fault
        LOG eax
  %assign offset offset + 4
%endrep
        mov eax, [esp + 8]
        cmp al, 1
        je .return
        cmp al, 90h
        ja .return
        cmp ah, 0FFh
        lea eax, [esp + 12]
        jne .nocode
        lea eax, [esp + 16]
.nocode:
        mov esp, eax
        mov eax, [resume]
        test byte [esp + 4], 3
        jnz .outer
        test byte [esp + 10], 2         ; VM
        jnz .outer
        mov [ss:esp], eax
        iretd
.outer: jmp eax
.return: pop eax
        pop ds
        lea esp, [esp + 4]
        iretd

make_idt:
        mov edi, idt
        mov esi, idt64
        xor ecx, ecx
        mov ebx, stubs
.gate:  mov [edi], bx
        mov word [edi + 2], CODE32
        mov word [edi + 4], 8E00h
        mov word [edi + 6], 0
        lea eax, [ebx + stubs64 - stubs]
        mov [esi], ax
        mov word [esi + 2], CODE64
        mov word [esi + 4], 8E00h
        mov dword [esi + 6], 0
        cmp ecx, 91h
        je .open
        cmp ecx, 92h
        jne .next
.open:  mov byte [edi + 5], 0EEh
        mov byte [esi + 5], 0EEh
.next:  add ebx, 16
        add edi, 8
        add esi, 16
        inc ecx
        cmp ecx, 95h
        jb .gate
        mov byte [idt + 90h * 8 + 5], 0Eh      ; not present
        mov byte [idt64 + 93h * 16 + 4], 1     ; IST1
        ret

; PT: 32-bit, 4 MiB pages. PT + 1000h: PAE. PT + 4000h: long mode. The window is at 200000h, 400000h and 600000h.
make_tables:
        mov edi, PT
        mov ecx, 2400h
        xor eax, eax
        rep stosd
        mov dword [PT], 83h
        mov dword [PT + 4], 800083h
        mov dword [PT + 1000h], PT + 2001h
        mov dword [PT + 2000h], 83h
        mov dword [PT + 2010h], 400083h
        mov dword [PT + 4000h], PT + 5007h
        mov dword [PT + 5000h], PT + 6007h
        mov dword [PT + 6000h], 87h
        mov dword [PT + 6010h], 600087h
        mov dword [800000h], 01010101h
        mov dword [400000h], 02020202h
        mov dword [600000h], 03030303h
        mov dword [400008h], 0C3C38Bh   ; mov eax, ebx; ret
        ret

        bits 16
handler16:
        push bx
        mov bx, sp
        movzx eax, word [ss:bx + 2]
        LOG eax
        mov eax, [ss:bx + 4]
        LOG eax
        LOG esp
        pop bx
        iret

        bits 64
gate_target64:
        mov eax, ss
        LOG eax
        LOG esp
        mov eax, [rsp + 8]
        LOG eax
        retfq

entry64: LOG ecx
        LOG r11d
        mov eax, cs
        LOG eax
        o64 sysret
entry_compat:
        LOG ecx
        LOG r11d
        LOG esp
        mov eax, cs
        LOG eax
        pushfq
        pop rax
        LOG eax
        o32 sysret

event64:
        push rax
        LOG esp
%assign offset 8
%rep 6
        mov eax, [rsp + offset]
        and eax, ~10000h
        LOG eax
  %assign offset offset + 8
%endrep
        mov eax, ss
        cmp byte [rsp + 8], 93h         ; QEMU makes SS null for every interrupt stack
        je .same
        LOG eax
.same:
        mov eax, [rsp + 8]
        cmp al, 1
        je .return
        cmp al, 90h
        ja .return
        cmp ah, 0FFh
        lea rax, [rsp + 16]
        jne .nocode
        lea rax, [rsp + 24]
.nocode:
        test byte [rax + 8], 3
        jnz .outer
        mov rsp, rax
        mov eax, [resume]
        mov [rsp], rax
        iretq
.outer: mov eax, [resume]
        jmp rax
.return: pop rax
        lea rsp, [rsp + 8]
        iretq

%macro STUBS 1
  %assign vector 0
  %rep 95h
        align 16
    %if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17
        push strict dword 0FF00h + vector
    %else
        push strict dword vector
    %endif
        jmp %1
    %assign vector vector + 1
  %endrep
%endmacro
        bits 32
        align 16
stubs:  STUBS event32
        bits 64
        align 16
stubs64: STUBS event64

        align 8
saved:  dd 0
pointer: dd 5
        dw DATA32
        align 4
        align 8
gate64_pointer: dd 0
        dw GATE64
hex:    db "0123456789abcdef"
        align 16
section_end:
idt     equ 30000h
idt64   equ 31000h
tss_a   equ 33000h
tss_b   equ 33100h
tss64   equ 33200h
