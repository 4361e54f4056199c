/* The product of two matrices of doubles. */
#define ELEMENT double
#include "matrix.h"

uint32_t kernel(uint32_t iterations) {
  uint32_t checksum = 0;
  fill_matrices();
  for (uint32_t i = 0; i < iterations; i++) {
    multiply();
    for (size_t j = 0; j < SIZE; j++) {
      /* Between 0 and 4096 as the numbers were, so that they neither vanish nor overflow. */
      double scaled = product[j][j] / (SIZE * 4096.0);
      checksum = mix(checksum, (uint32_t)(int32_t)(scaled * 65536));
      left[i % SIZE][j] = scaled;
    }
  }
  return checksum;
}
