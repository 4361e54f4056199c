; watchdog: a profiler whose NMI handler samples the interrupted EIP.
;
; Shows     what NMIs are for: the samples say where the time goes, even where interrupts are off
; Exits     ioio; what NMI delivery costs
; Entry     multiboot, loaded at 100000h; 32-bit
; NMIs      by schedule, every 1000 instructions, from 1000 on
; Handler   writes nmi_count:4, buckets:16; the output follows
; QEMU      -kernel
;
; The work is about 680,000 instructions in three routines of different weight, the sort with interrupts off.

%include "boot32.inc"

ROUNDS          equ 40
WORDS           equ 64
CRC32_POLYNOMIAL equ 0EDB88320h         ; reflected
LCG_FACTOR      equ 1664525             ; Numerical Recipes' generator
LCG_INCREMENT   equ 1013904223

; Prints the samples of bucket %1 with its name %2.
%macro PRINT_BUCKET 2
        PRINT "  ", %2, " "
        PRINT_DECIMAL [buckets + (%1) * 4]
        PRINT 10
%endmacro

        BOOT32
main:   SET_GATE NMI_VECTOR, nmi_handler
        mov dword [seed], 1
        mov edx, ROUNDS
round:  sti
        call fill
        cli
        call sort
        sti
        call checksum
        dec edx
        jnz round

        PRINT "watchdog: crc "
        mov eax, [crc]
        call print_hex
        PRINT ", samples "
        PRINT_DECIMAL [nmi_count]
        PRINT 10
        PRINT_BUCKET 0, "fill"
        PRINT_BUCKET 1, "sort"
        PRINT_BUCKET 2, "checksum"
        PRINT_BUCKET 3, "elsewhere"
        EXIT STATUS_OK

; Fills the array with random numbers.
fill:   mov ecx, WORDS
        mov edi, array
        mov eax, [seed]
.next:  imul eax, eax, LCG_FACTOR
        add eax, LCG_INCREMENT
        stosd
        dec ecx
        jnz .next
        mov [seed], eax
        ret

; Sorts the array, ascending, by insertion.
sort:   mov esi, 1
.outer: mov eax, [array + esi * 4]
        mov edi, esi
.shift: mov ebx, [array + edi * 4 - 4]
        cmp ebx, eax
        jbe .place
        mov [array + edi * 4], ebx
        dec edi
        jnz .shift
.place: mov [array + edi * 4], eax
        inc esi
        cmp esi, WORDS
        jb .outer
        ret

; Continues the CRC-32 over the bytes of the array, bit by bit.
checksum:
        mov esi, array
        mov ecx, WORDS * 4
        mov eax, [crc]
        not eax
.byte:  xor al, [esi]
        inc esi
        mov ebx, 8
.bit:   shr eax, 1
        jnc .even
        xor eax, CRC32_POLYNOMIAL
.even:  dec ebx
        jnz .bit
        dec ecx
        jnz .byte
        not eax
        mov [crc], eax
        ret
work_end:

; Finds the routine that holds the interrupted EIP: the bucket before the first boundary above it.
nmi_handler:
        push eax
        push ebx
        inc dword [nmi_count]
        mov eax, [esp + 8]
        mov ebx, ELSEWHERE
        cmp eax, fill
        jb .count
        cmp eax, work_end
        jae .count
.next:  dec ebx
        cmp eax, [starts + ebx * 4]
        jb .next
.count: inc dword [buckets + ebx * 4]
        pop ebx
        pop eax
        iretd

        section .data
starts: dd fill, sort, checksum
ELSEWHERE equ ($ - starts) / 4

        section .bss
array:  resd WORDS
seed:   resd 1
crc:    resd 1
nmi_count: resd 1
buckets: resd ELSEWHERE + 1

        END32
