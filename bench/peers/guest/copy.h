/* What the copying kernels copy, and in which pieces: small and odd ones, and whole buffers. */
#pragma once

#include "kernel.h"

enum { BUFFER_BYTES = 16384, PIECES = 8 };

/* Pieces start anywhere in the first half of the source, which is followed by as much again. */
static uint8_t source[2 * BUFFER_BYTES], target[BUFFER_BYTES];

static const struct {
  size_t offset, bytes;
} pieces[PIECES] = {{0, 8},      {3, 61},     {128, 256},   {1, 1000},
                    {64, 4096},  {4093, 515}, {8192, 2048}, {0, BUFFER_BYTES}};

static void copy_bytes(uint8_t *to, const uint8_t *from, size_t bytes);
static void set_bytes(uint8_t *to, uint8_t value, size_t bytes);

static uint32_t copy_pieces(uint32_t iterations) {
  uint32_t checksum = 0, state = 1;
  for (size_t i = 0; i < sizeof source; i++) source[i] = (uint8_t)(next_random(&state) >> 24);
  for (uint32_t i = 0; i < iterations; i++) {
    set_bytes(target, (uint8_t)i, BUFFER_BYTES);
    for (size_t p = 0; p < PIECES; p++) {
      const size_t to = pieces[p].offset, from = pieces[PIECES - 1 - p].offset, bytes = pieces[p].bytes;
      copy_bytes(target + to, source + from, bytes);
      checksum = mix(checksum, target[to + bytes / 2]);
      set_bytes(target + to, (uint8_t)checksum, bytes / 2);
    }
  }
  for (size_t i = 0; i < BUFFER_BYTES; i++) checksum = mix(checksum, target[i]);
  return checksum;
}
