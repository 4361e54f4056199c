/* Calls and returns: the Fibonacci numbers by their definition. */
#include "kernel.h"

enum { ARGUMENT = 20 };

static uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

uint32_t kernel(uint32_t iterations) {
  uint32_t checksum = 0;
  for (uint32_t i = 0; i < iterations; i++) checksum = mix(checksum, fib(ARGUMENT - (i & 1)));
  return checksum;
}
