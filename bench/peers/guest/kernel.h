/* What every kernel is: some work, and a checksum of all of it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Does the same work at every call. */
uint32_t kernel(uint32_t iterations);

/* A small generator of numbers that look random (Numerical Recipes, section 7.1). */
static inline uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525 + 1013904223;
  return *state;
}

/* Adds a value to a checksum so that order counts (the step of FNV-1a, by words). */
static inline uint32_t mix(uint32_t checksum, uint32_t value) { return (checksum ^ value) * 16777619 + 1; }
