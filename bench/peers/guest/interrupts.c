/* Software interrupts: INT n and IRET, to a handler that counts. */
#include "kernel.h"

enum { VECTOR = 0x80, CODE_32 = 0x08, CODE_64 = 0x18, INTERRUPT_GATE = 0x8e00 };

uint32_t count;

#ifdef __x86_64__
struct gate { uint16_t low, selector, type, middle; uint32_t high, reserved; };
enum { CODE = CODE_64 };
__asm__("handler: incl count(%rip)\n  iretq");
#else
struct gate { uint16_t low, selector, type, middle; };
enum { CODE = CODE_32 };
__asm__("handler: incl count\n  iret");
#endif

extern const uint8_t handler[];

static struct gate table[VECTOR + 1] __attribute__((aligned(16)));

static void load_table(void) {
  struct __attribute__((packed)) { uint16_t limit; size_t base; } pointer = {sizeof table - 1, (size_t)table};
  size_t address = (size_t)handler;
  table[VECTOR] = (struct gate){.low = (uint16_t)address, .selector = CODE, .type = INTERRUPT_GATE, .middle = (uint16_t)(address >> 16)};
  __asm__ volatile("lidt %0" : : "m"(pointer));
}

uint32_t kernel(uint32_t iterations) {
  load_table();
  count = 0;
  for (uint32_t i = 0; i < iterations; i++) __asm__ volatile("int %0" : : "i"(VECTOR) : "memory");
  return count;
}
