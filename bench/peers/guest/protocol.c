#include "protocol.h"

#include "kernel.h"

static void put_word(uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) put_char("0123456789abcdef"[value >> shift & 15]);
}

void run_kernel(void) {
  put_char(START);
  uint32_t first = kernel(ITERATIONS);
  put_word(first);
  put_char('.');
  for (;;) put_char(kernel(ITERATIONS) == first ? '.' : '!');
}
