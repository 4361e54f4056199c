/* Register arithmetic: additions, exclusive ors, shifts, rotations, a multiplication. */
#include "kernel.h"

uint32_t kernel(uint32_t iterations) {
  uint32_t a = 1, b = 0x9e3779b9, c = 7;
  for (uint32_t i = 0; i < iterations; i++) {
    a += b ^ i;
    b = (b << 13 | b >> 19) + c;
    c ^= a >> 7;
    c = c * 5 + 1;
    a -= c << 3;
    b ^= a & 0x5a5a5a5a;
  }
  return a ^ b ^ c;
}
