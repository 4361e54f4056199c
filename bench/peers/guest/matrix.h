/* A product of two square matrices of ELEMENT, three nested loops; the result goes into the next product. */
#pragma once

#include "kernel.h"

enum { SIZE = 48 };

static ELEMENT left[SIZE][SIZE], right[SIZE][SIZE], product[SIZE][SIZE];

static void fill_matrices(void) {
  uint32_t state = 1;
  for (size_t i = 0; i < SIZE; i++)
    for (size_t j = 0; j < SIZE; j++) {
      left[i][j] = (ELEMENT)(next_random(&state) >> 20);
      right[i][j] = (ELEMENT)(next_random(&state) >> 20);
    }
}

static void multiply(void) {
  for (size_t i = 0; i < SIZE; i++)
    for (size_t j = 0; j < SIZE; j++) {
      ELEMENT sum = 0;
      for (size_t k = 0; k < SIZE; k++) sum += left[i][k] * right[k][j];
      product[i][j] = sum;
    }
}
