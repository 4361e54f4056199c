/* SHA-256 of a message of 4 KiB; the digest goes into the next message. */
#include "../../../guests/c/sha256.c"

#include "kernel.h"

enum { MESSAGE_BYTES = 4096 };

static uint8_t message[MESSAGE_BYTES];

uint32_t kernel(uint32_t iterations) {
  uint32_t state = 1, digest[SHA256_WORDS] = {0};
  for (size_t i = 0; i < MESSAGE_BYTES; i++) message[i] = (uint8_t)(next_random(&state) >> 24);
  for (uint32_t i = 0; i < iterations; i++) {
    message[i % MESSAGE_BYTES] ^= (uint8_t)digest[i % SHA256_WORDS];
    sha256(message, MESSAGE_BYTES, digest);
  }
  return digest[0];
}
