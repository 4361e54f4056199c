/* The part of the runtime that guest and native programs share. */
#include "runtime.h"

void put_text(const char *text) {
  while (*text) put_char(*text++);
}

static void put_digits(uint64_t value, unsigned digits) {
  while (digits-- > 0) put_char("0123456789abcdef"[value >> 4 * digits & 15]);
}

void put_hex(uint64_t value) {
  put_digits(value, 16);
  put_char('\n');
}

void put_bytes(const void *bytes, size_t count) {
  while (count-- > 0) put_digits(((const uint8_t *)bytes)[count], 2);
  put_char('\n');
}

void put_number(uint64_t value) {
  if (value >= 10) put_number(value / 10);
  put_char((char)('0' + value % 10));
}

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
  return hash;
}

uint32_t random_next(uint32_t *state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  for (size_t i = 0; i < count; i++) ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
  return to;
}

void *memmove(void *to, const void *from, size_t count) {
  if ((uintptr_t)to <= (uintptr_t)from) return memcpy(to, from, count);
  while (count-- > 0) ((uint8_t *)to)[count] = ((const uint8_t *)from)[count];
  return to;
}

void *memset(void *to, int byte, size_t count) {
  for (size_t i = 0; i < count; i++) ((uint8_t *)to)[i] = (uint8_t)byte;
  return to;
}

int memcmp(const void *a, const void *b, size_t count) {
  for (size_t i = 0; i < count; i++) {
    int difference = ((const uint8_t *)a)[i] - ((const uint8_t *)b)[i];
    if (difference != 0) return difference;
  }
  return 0;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

int strcmp(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return (uint8_t)*a - (uint8_t)*b;
}

void run_programs(void) {
  static const struct {
    const char *name;
    void (*run)(void);
  } programs[] = {{"lz", run_lz},             {"sha", run_sha},   {"json", run_json},    {"float", run_float},
                  {"bytecode", run_bytecode}, {"sort", run_sort}, {"bignum", run_bignum}};
  for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
    put_text("== ");
    put_text(programs[i].name);
    put_char('\n');
    programs[i].run();
  }
}
