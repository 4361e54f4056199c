/*
 * Makes assembly/exec/approximation-tables.ts from what RCPSS and RSQRTSS of this processor give:
 *
 *   gcc -O1 -o build/approximations test/silicon/approximations.c
 *   build/approximations > assembly/exec/approximation-tables.ts
 *
 * The results depend on the first 12 bits of the fraction, and are the sum of two tables: one that the first 8 bits index,
 * and one that the first 4 and the last 4 do. The program checks that for every fraction, and every exponent that has a
 * normal result, and fails if it is not so.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Bits of a fraction after the 12 that count. */
#define UNUSED 11

typedef uint32_t (*approximation)(uint32_t);

static uint32_t reciprocal(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  __asm__("rcpss %0, %0" : "+x"(x));
  memcpy(&bits, &x, 4);
  return bits;
}

static uint32_t reciprocal_root(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  __asm__("rsqrtss %0, %0" : "+x"(x));
  memcpy(&bits, &x, 4);
  return bits;
}

/* The first 12 bits of the fraction of the result, plus 4096 for each exponent above 126. */
static int value_at(approximation f, uint32_t base, uint32_t index) {
  return (int)(f(base | index << UNUSED) >> UNUSED) - (126 << 12);
}

static int first_part(approximation f, uint32_t base, uint32_t index) {
  return value_at(f, base, index & 0xff0);
}

static int second_part(approximation f, uint32_t base, uint32_t index) {
  uint32_t row = index & 0xf00;
  return value_at(f, base, row) - value_at(f, base, row | (index & 15));
}

static void print_table(const char *comment, const char *name, const char *type, const int *values) {
  printf("\n/** %s */\n// prettier-ignore\nexport const %s = memory.data<%s>([", comment, name, type);
  for (int i = 0; i < 256; i++) printf("%s%d,", i % 16 == 0 ? "\n  " : " ", values[i]);
  printf("\n]);\n");
}

static int print_tables(approximation f, uint32_t base, const char *of, const char *name) {
  int first[256], second[256];
  char comment[128], symbol[64];
  for (uint32_t i = 0; i < 256; i++) {
    first[i] = first_part(f, base, i << 4);
    second[i] = second_part(f, base, (i & 0xf0) << 4 | (i & 15));
  }
  for (uint32_t fraction = 0; fraction < 1 << 23; fraction++) {
    uint32_t index = fraction >> UNUSED;
    int value = first[index >> 4] - second[(index >> 8) << 4 | (index & 15)];
    if (f(base | fraction) != (uint32_t)(value + (126 << 12)) << UNUSED) return 1;
  }
  snprintf(comment, sizeof comment, "Of %s, by bits 11:4 of the index.", of);
  snprintf(symbol, sizeof symbol, "%s_FIRST", name);
  print_table(comment, symbol, "u16", first);
  snprintf(comment, sizeof comment, "What is taken from it, by bits 11:8 and 3:0.");
  snprintf(symbol, sizeof symbol, "%s_SECOND", name);
  print_table(comment, symbol, "u8", second);
  return 0;
}

/* Whether another exponent only shifts the result's. */
static int check_exponents(void) {
  for (uint32_t exponent = 1; exponent < 255; exponent++) {
    for (uint32_t index = 0; index < 4096; index++) {
      uint32_t fraction = index << UNUSED, bits = exponent << 23 | fraction;
      uint32_t base = exponent & 1 ? 127 : 128;
      uint32_t root = reciprocal_root(base << 23 | fraction) - ((exponent - base) / 2 << 23);
      if (exponent < base) root = reciprocal_root(base << 23 | fraction) + ((base - exponent) / 2 << 23);
      if (reciprocal_root(bits) != root) return 1;
      uint32_t inverse = reciprocal(127 << 23 | fraction) + 127 * (1 << 23) - (exponent << 23);
      if (reciprocal(bits) != (exponent >= 253 ? 0 : inverse)) return 1;
    }
  }
  return 0;
}

int main(void) {
  printf("/**\n * What RCPSS and RSQRTSS of Zen 4 give. Made by test/silicon/approximations.c, which says how to make it again.\n"
         " *\n * The index is the first 12 bits of a fraction; values are 12 bits of the fraction of a result in [0.5, 1], and 4096\n"
         " * for 1.\n */\n");
  if (check_exponents() != 0) return 1;
  if (print_tables(reciprocal, 127u << 23, "1 / x for x in [1, 2)", "RECIPROCAL") != 0) return 1;
  if (print_tables(reciprocal_root, 127u << 23, "1 / the root of x for x in [1, 2)", "ROOT_ODD") != 0) return 1;
  return print_tables(reciprocal_root, 128u << 23, "1 / the root of x for x in [2, 4)", "ROOT_EVEN");
}
