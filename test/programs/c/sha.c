/* SHA-256 (of guests/c) and SHA-1 (FIPS 180-4 section 6.1) of messages around the block size. */
#include "../../../guests/c/sha256.h"
#include "runtime.h"

#define LONGEST 3000

static uint32_t rotate_left(uint32_t x, unsigned bits) { return x << bits | x >> (32 - bits); }

static void sha1_block(uint32_t h[5], const uint8_t *block) {
  uint32_t w[80];
  for (unsigned t = 0; t < 16; t++)
    w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 | (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
  for (unsigned t = 16; t < 80; t++) w[t] = rotate_left(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
  uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
  for (unsigned t = 0; t < 80; t++) {
    uint32_t f = t < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                 : t < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                 : t < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                          : (b ^ c ^ d) + 0xca62c1d6;
    uint32_t next = rotate_left(a, 5) + f + e + w[t];
    e = d, d = c, c = rotate_left(b, 30), b = a, a = next;
  }
  h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

static void sha1(const uint8_t *message, size_t length, uint32_t h[5]) {
  static const uint32_t initial[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  memcpy(h, initial, sizeof initial);
  size_t offset = 0;
  for (; length - offset >= 64; offset += 64) sha1_block(h, message + offset);
  uint8_t tail[128] = {0};
  size_t rest = length - offset, tail_bytes = rest < 56 ? 64 : 128;
  memcpy(tail, message + offset, rest);
  tail[rest] = 0x80;
  for (unsigned i = 0; i < 8; i++) tail[tail_bytes - 1 - i] = (uint8_t)((uint64_t)length * 8 >> 8 * i);
  for (size_t i = 0; i < tail_bytes; i += 64) sha1_block(h, tail + i);
}

void run_sha(void) {
  static uint8_t message[LONGEST];
  uint32_t seed = 7;
  for (size_t i = 0; i < LONGEST; i++) message[i] = (uint8_t)random_next(&seed);
  static const size_t lengths[] = {0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, LONGEST};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    uint32_t long_digest[SHA256_WORDS], short_digest[5];
    sha256(message, lengths[i], long_digest);
    sha1(message, lengths[i], short_digest);
    put_hex(hash_bytes(HASH_START, long_digest, sizeof long_digest));
    put_hex(hash_bytes(HASH_START, short_digest, sizeof short_digest));
  }
}
