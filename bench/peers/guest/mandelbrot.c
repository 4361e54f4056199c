/* The Mandelbrot set on a coarse grid, in doubles. */
#include "kernel.h"

enum { WIDTH = 24, HEIGHT = 16, MOST_STEPS = 100 };

static uint32_t steps_at(double re, double im) {
  double x = 0, y = 0;
  uint32_t steps = 0;
  for (; steps < MOST_STEPS; steps++) {
    double xx = x * x, yy = y * y;
    if (xx + yy > 4) break;
    y = 2 * x * y + im;
    x = xx - yy + re;
  }
  return steps;
}

uint32_t kernel(uint32_t iterations) {
  uint32_t checksum = 0;
  for (uint32_t i = 0; i < iterations; i++)
    for (int row = 0; row < HEIGHT; row++)
      for (int column = 0; column < WIDTH; column++)
        checksum = mix(checksum, steps_at(column * (3.0 / WIDTH) - 2.125, row * (2.5 / HEIGHT) - 1.25));
  return checksum;
}
