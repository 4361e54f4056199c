/* Entry and output of a guest: the debug console at port E9h, the exit port at F4h. */
#include "runtime.h"

__asm__(".globl _start\n"
        "_start:\n"
        "  fninit\n"
#ifdef __x86_64__
        "  movl $stack_top, %esp\n"
        "  pushq $0x1f80\n"
        "  ldmxcsr (%rsp)\n"
        "  popq %rax\n"
        "  andq $-16, %rsp\n"
#else
        "  movl $stack_top, %esp\n"
        "  andl $-16, %esp\n"
#endif
        "  call run_programs\n"
        "  xorl %eax, %eax\n"
        "  outb %al, $0xf4\n"
        "  hlt\n"
        ".bss\n"
        ".balign 16\n"
        ".skip 0x10000\n"
        "stack_top:\n"
        ".text\n");

void put_char(char c) { __asm__ volatile("outb %0, $0xe9" : : "a"(c)); }
