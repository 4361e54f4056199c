/* Whole numbers of many words: factorials, division, powers modulo a prime, and digits of pi by a spigot. */
#include "runtime.h"

#define WORDS 64

static void multiply_small(uint32_t *a, uint32_t factor) {
  uint64_t carry = 0;
  for (int i = 0; i < WORDS; i++) {
    carry += (uint64_t)a[i] * factor;
    a[i] = (uint32_t)carry;
    carry >>= 32;
  }
}

static uint32_t divide_small(uint32_t *a, uint32_t divisor) {
  uint64_t rest = 0;
  for (int i = WORDS; i-- > 0;) {
    rest = rest << 32 | a[i];
    a[i] = (uint32_t)(rest / divisor);
    rest %= divisor;
  }
  return (uint32_t)rest;
}

/* 300! in decimal, as far as the words go. */
static void factorial(void) {
  uint32_t a[WORDS] = {1};
  for (uint32_t i = 2; i <= 300; i++) multiply_small(a, i);
  for (int group = 0; group < 68; group++) put_number(divide_small(a, 1000000000)), put_char(' ');
  put_char('\n');
}

static uint64_t multiply_modulo(uint64_t a, uint64_t b, uint64_t modulus) {
  uint64_t result = 0;
  for (; b > 0; b >>= 1) {
    if (b & 1) result = result >= modulus - a ? result - (modulus - a) : result + a;
    a = a >= modulus - a ? a - (modulus - a) : a + a;
  }
  return result;
}

static uint64_t power_modulo(uint64_t base, uint64_t exponent, uint64_t modulus) {
  uint64_t result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result = multiply_modulo(result, base, modulus);
    base = multiply_modulo(base, base, modulus);
  }
  return result;
}

/* Signed and unsigned quotients and shifts of 64 bits, which 32-bit code calls functions for. */
static void divisions(void) {
  uint64_t hash = HASH_START;
  uint32_t seed = 77;
  for (int i = 0; i < 400; i++) {
    volatile uint64_t a = (uint64_t)random_next(&seed) << 32 | random_next(&seed);
    volatile uint64_t b = ((uint64_t)random_next(&seed) << 32 | random_next(&seed)) >> (random_next(&seed) & 63) | 1;
    unsigned shift = random_next(&seed) & 63;
    uint64_t results[] = {a / b, a % b, (uint64_t)((int64_t)a / (int64_t)(b >> 1 | 1)), (uint64_t)((int64_t)a % (int64_t)(b >> 1 | 1)),
                          a << shift, a >> shift, (uint64_t)((int64_t)a >> shift), a * b,
                          (uint64_t)__builtin_popcountll(a), (uint64_t)__builtin_clzll(b), (uint64_t)__builtin_ctzll(b),
                          __builtin_bswap64(a)};
    hash = hash_bytes(hash, results, sizeof results);
  }
  put_hex(hash);
}

/* Rabinowitz and Wagon's spigot, four digits at a time. */
static void pi(void) {
  enum { TERMS = 420 };
  static uint32_t terms[TERMS + 1];
  uint32_t carried = 0;
  for (int i = 0; i < TERMS; i++) terms[i] = 2000;
  for (int left = TERMS; left > 0; left -= 14) {
    uint32_t sum = 0;
    for (int i = left; i > 0; i--) {
      sum = sum * (uint32_t)i + 10000 * terms[i - 1];
      terms[i - 1] = sum % (2 * (uint32_t)i - 1);
      sum /= 2 * (uint32_t)i - 1;
    }
    put_number(carried + sum / 10000);
    put_char(' ');
    carried = sum % 10000;
  }
  put_char('\n');
}

void run_bignum(void) {
  factorial();
  put_hex(power_modulo(3, 0x123456789abcdef, 0xffffffffffffffc5));
  divisions();
  pi();
}
