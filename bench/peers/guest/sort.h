/* The numbers that the sorting kernels sort, and the proof that they did. */
#pragma once

#include "kernel.h"

enum { SORT_COUNT = 4096 };

static uint32_t numbers[SORT_COUNT];

static void fill_numbers(uint32_t seed) {
  for (size_t i = 0; i < SORT_COUNT; i++) numbers[i] = next_random(&seed);
}

/* Depends on the order of all of them; odd ones out make it a checksum that no sorted run has. */
static uint32_t sorted_checksum(void) {
  uint32_t checksum = 0;
  for (size_t i = 1; i < SORT_COUNT; i++) {
    if (numbers[i - 1] > numbers[i]) return 0xbad;
    checksum = mix(checksum, numbers[i]);
  }
  return checksum;
}
