/* The n-body simulation of the planets from the Computer Language Benchmarks Game, in doubles. */
#include "kernel.h"

enum { BODIES = 5 };

#define PI 3.141592653589793
#define SOLAR_MASS (4 * PI * PI)
#define DAYS_PER_YEAR 365.24
#define TIME_STEP 0.01

struct body {
  double x, y, z, vx, vy, vz, mass;
};

static const struct body start[BODIES] = {
    {0, 0, 0, 0, 0, 0, SOLAR_MASS},
    {4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01,
     1.66007664274403694e-03 * DAYS_PER_YEAR, 7.69901118419740425e-03 * DAYS_PER_YEAR,
     -6.90460016972063023e-05 * DAYS_PER_YEAR, 9.54791938424326609e-04 * SOLAR_MASS},
    {8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01,
     -2.76742510726411899e-03 * DAYS_PER_YEAR, 4.99852801234917238e-03 * DAYS_PER_YEAR,
     2.30417297573763929e-05 * DAYS_PER_YEAR, 2.85885980666130812e-04 * SOLAR_MASS},
    {1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01,
     2.96460137564761618e-03 * DAYS_PER_YEAR, 2.37847173959480950e-03 * DAYS_PER_YEAR,
     -2.96589568540237556e-05 * DAYS_PER_YEAR, 4.36624404335156298e-05 * SOLAR_MASS},
    {1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01,
     2.68067772490389322e-03 * DAYS_PER_YEAR, 1.62824170038242295e-03 * DAYS_PER_YEAR,
     -9.51592254519715870e-05 * DAYS_PER_YEAR, 5.15138902046611451e-05 * SOLAR_MASS},
};

static struct body bodies[BODIES];

static void attract(struct body *a, struct body *b) {
  double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
  double square = dx * dx + dy * dy + dz * dz;
  double magnitude = TIME_STEP / (square * __builtin_sqrt(square));
  a->vx -= dx * b->mass * magnitude, a->vy -= dy * b->mass * magnitude, a->vz -= dz * b->mass * magnitude;
  b->vx += dx * a->mass * magnitude, b->vy += dy * a->mass * magnitude, b->vz += dz * a->mass * magnitude;
}

static void advance(void) {
  for (size_t i = 0; i < BODIES; i++)
    for (size_t j = i + 1; j < BODIES; j++) attract(&bodies[i], &bodies[j]);
  for (size_t i = 0; i < BODIES; i++) {
    struct body *b = &bodies[i];
    b->x += TIME_STEP * b->vx, b->y += TIME_STEP * b->vy, b->z += TIME_STEP * b->vz;
  }
}

uint32_t kernel(uint32_t iterations) {
  for (size_t i = 0; i < BODIES; i++) bodies[i] = start[i];
  for (uint32_t i = 0; i < iterations; i++) advance();
  uint32_t checksum = 0;
  for (size_t i = 0; i < BODIES; i++) {
    union { double value; uint32_t words[2]; } x = {bodies[i].x};
    checksum = mix(mix(checksum, x.words[0]), x.words[1]);
  }
  return checksum;
}
