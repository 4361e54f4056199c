/* The sieve of Eratosthenes over bytes. */
#include "kernel.h"

enum { NUMBERS = 32768 };

static uint8_t composite[NUMBERS];

static uint32_t sieve(void) {
  uint32_t primes = 0, sum = 0;
  for (uint32_t i = 0; i < NUMBERS; i++) composite[i] = 0;
  for (uint32_t i = 2; i < NUMBERS; i++) {
    if (composite[i]) continue;
    primes++;
    sum += i;
    for (uint32_t j = 2 * i; j < NUMBERS; j += i) composite[j] = 1;
  }
  return primes << 20 ^ sum;
}

uint32_t kernel(uint32_t iterations) {
  uint32_t checksum = 0;
  for (uint32_t i = 0; i < iterations; i++) checksum = mix(checksum, sieve());
  return checksum;
}
