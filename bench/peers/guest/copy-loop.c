/* memcpy and memset as loops over machine words, as small C libraries have them. */
#include "copy.h"

static void copy_bytes(uint8_t *to, const uint8_t *from, size_t bytes) {
  for (; bytes >= sizeof(size_t); bytes -= sizeof(size_t), to += sizeof(size_t), from += sizeof(size_t))
    *(size_t __attribute__((may_alias, aligned(1))) *)to = *(const size_t __attribute__((may_alias, aligned(1))) *)from;
  while (bytes--) *to++ = *from++;
}

static void set_bytes(uint8_t *to, uint8_t value, size_t bytes) {
  size_t word = value * ((size_t)-1 / 255);
  for (; bytes >= sizeof(size_t); bytes -= sizeof(size_t), to += sizeof(size_t))
    *(size_t __attribute__((may_alias, aligned(1))) *)to = word;
  while (bytes--) *to++ = value;
}

uint32_t kernel(uint32_t iterations) { return copy_pieces(iterations); }
