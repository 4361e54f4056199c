/* The product of two matrices of 32-bit integers. */
#define ELEMENT uint32_t
#include "matrix.h"

uint32_t kernel(uint32_t iterations) {
  uint32_t checksum = 0;
  fill_matrices();
  for (uint32_t i = 0; i < iterations; i++) {
    multiply();
    for (size_t j = 0; j < SIZE; j++) checksum = mix(checksum, left[i % SIZE][j] = product[j][j]);
  }
  return checksum;
}
