/* Entry and output of a Linux process: write and exit, without a C library. */
#include "runtime.h"

__asm__(".globl _start\n"
        "_start:\n"
#ifdef __x86_64__
        "  andq $-16, %rsp\n"
#else
        "  andl $-16, %esp\n"
#endif
        "  call start\n"
        "  hlt\n");

#ifdef __x86_64__
enum { WRITE = 1, EXIT = 60 };

static long system_call(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}
#else
enum { WRITE = 4, EXIT = 1 };

static long system_call(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
  return result;
}
#endif

static char output[65536];
static size_t used;

void put_char(char c) {
  if (used < sizeof output) output[used++] = c;
}

void start(void) {
  run_programs();
  for (size_t done = 0; done < used;) {
    long written = system_call(WRITE, 1, (long)(output + done), (long)(used - done));
    if (written <= 0) system_call(EXIT, 1, 0, 0);
    done += (size_t)written;
  }
  system_call(EXIT, 0, 0, 0);
}
