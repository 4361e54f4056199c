; Where things are, for the kernel and the ROM. arena.ts says the same to the generator.

ARENA_BYTES  equ 0x20000   ; from 0: what scenarios fill
LOW_PAGES_END equ 0xe000   ; compared afterwards: all below this,
TABLES       equ 0x10000   ; and with paging the page tables
TABLES_END   equ 0x15000
LOW_KERNEL   equ 0x80000   ; the kernel's real-mode part
KERNEL_STACK equ 0x9f000   ; its top
MARK         equ 0x9fff0   ; RUNNING while a scenario runs
RUNNING      equ 0x4e4e5552
IMAGE        equ 0x200000  ; the kernel; scenarios follow at SCENARIOS
STUBS32      equ 0x201000  ; one entry for each vector, 8 bytes apart
STUBS64      equ 0x202000
SCENARIOS    equ 0x204000
SNAPSHOT     equ 0x800000  ; the arena before the scenario

KCODE        equ 0x08      ; flat 32-bit code, in the kernel's and in every scenario's GDT
KDATA        equ 0x10
KCODE64      equ 0x18
KCODE16      equ 0x20      ; based at LOW_KERNEL
KDATA16      equ 0x28      ; of 64 KiB, for real mode
