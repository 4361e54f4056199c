/*
 * n-body, spectral norm, Mandelbrot, matrix multiplication and an elimination, for one floating-point type: REAL,
 * REAL_BYTES, SQUARE_ROOT and NAME(function) are given, and undefined at the end.
 */

static void NAME(put)(REAL value) { put_bytes(&value, REAL_BYTES); }

/* The planets of the benchmarks game in round numbers: position, velocity, mass. */
static void NAME(nbody)(void) {
  static const double start[5][7] = {{0, 0, 0, 0, 0, 0, 39.478},
                                     {4.841, -1.160, -0.1036, 0.6063, 2.811, -0.02521, 0.03769},
                                     {8.343, 4.124, -0.4035, -1.010, 1.825, 0.008415, 0.01128},
                                     {12.89, -15.11, -0.2233, 1.082, 0.8687, -0.01083, 0.001723},
                                     {15.37, -25.91, 0.1792, 0.9790, 0.5946, -0.03475, 0.002033}};
  REAL body[5][7];
  for (int i = 0; i < 5; i++)
    for (int k = 0; k < 7; k++) body[i][k] = (REAL)start[i][k];
  const REAL step = (REAL)0.01;
  for (int round = 0; round < 300; round++) {
    for (int i = 0; i < 5; i++)
      for (int j = i + 1; j < 5; j++) {
        REAL d[3], square = 0;
        for (int k = 0; k < 3; k++) d[k] = body[i][k] - body[j][k], square += d[k] * d[k];
        REAL force = step / (square * SQUARE_ROOT(square));
        for (int k = 0; k < 3; k++) {
          body[i][3 + k] -= d[k] * body[j][6] * force;
          body[j][3 + k] += d[k] * body[i][6] * force;
        }
      }
    for (int i = 0; i < 5; i++)
      for (int k = 0; k < 3; k++) body[i][k] += step * body[i][3 + k];
  }
  for (int i = 0; i < 5; i++)
    for (int k = 0; k < 6; k++) NAME(put)(body[i][k]);
}

#define ORDER 24

static REAL NAME(element)(int i, int j) { return 1 / (REAL)((i + j) * (i + j + 1) / 2 + i + 1); }

static void NAME(apply)(const REAL *from, REAL *to, int is_transposed) {
  for (int i = 0; i < ORDER; i++) {
    to[i] = 0;
    for (int j = 0; j < ORDER; j++) to[i] += (is_transposed ? NAME(element)(j, i) : NAME(element)(i, j)) * from[j];
  }
}

static void NAME(spectral)(void) {
  REAL u[ORDER], v[ORDER], between[ORDER], product = 0, square = 0;
  for (int i = 0; i < ORDER; i++) u[i] = 1;
  for (int round = 0; round < 6; round++) {
    NAME(apply)(u, between, 0), NAME(apply)(between, v, 1);
    NAME(apply)(v, between, 0), NAME(apply)(between, u, 1);
  }
  for (int i = 0; i < ORDER; i++) product += u[i] * v[i], square += v[i] * v[i];
  NAME(put)(SQUARE_ROOT(product / square));
}

static void NAME(mandelbrot)(void) {
  uint64_t hash = HASH_START;
  for (int y = 0; y < 24; y++)
    for (int x = 0; x < 32; x++) {
      REAL cr = (REAL)(x - 22) / 12, ci = (REAL)(y - 12) / 10, zr = 0, zi = 0;
      uint8_t count = 0;
      for (; count < 60 && zr * zr + zi * zi <= 4; count++) {
        REAL next = zr * zr - zi * zi + cr;
        zi = 2 * zr * zi + ci;
        zr = next;
      }
      hash = hash_bytes(hash, &count, 1);
    }
  put_hex(hash);
}

/* Products of matrices, then Gaussian elimination with pivots: comparisons of absolute values. */
static void NAME(matrix)(void) {
  static REAL a[ORDER][ORDER], b[ORDER][ORDER], c[ORDER][ORDER];
  uint32_t seed = 42;
  for (int i = 0; i < ORDER; i++)
    for (int j = 0; j < ORDER; j++) {
      a[i][j] = (REAL)(int32_t)random_next(&seed) / 65536;
      b[i][j] = (REAL)random_next(&seed) / 1048576;
    }
  for (int i = 0; i < ORDER; i++)
    for (int j = 0; j < ORDER; j++) {
      REAL sum = 0;
      for (int k = 0; k < ORDER; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  NAME(put)(c[0][0]), NAME(put)(c[ORDER / 2][3]), NAME(put)(c[ORDER - 1][ORDER - 1]);
  REAL determinant = 1;
  for (int i = 0; i < ORDER; i++) {
    int pivot = i;
    for (int k = i + 1; k < ORDER; k++)
      if ((c[k][i] < 0 ? -c[k][i] : c[k][i]) > (c[pivot][i] < 0 ? -c[pivot][i] : c[pivot][i])) pivot = k;
    for (int j = 0; j < ORDER; j++) {
      REAL t = c[i][j];
      c[i][j] = c[pivot][j], c[pivot][j] = t;
    }
    for (int k = i + 1; k < ORDER; k++) {
      REAL factor = c[k][i] / c[i][i];
      for (int j = i; j < ORDER; j++) c[k][j] -= factor * c[i][j];
    }
    determinant *= c[i][i] / 1048576;
  }
  NAME(put)(determinant);
}

static void NAME(benchmark)(void) {
  NAME(nbody)();
  NAME(spectral)();
  NAME(mandelbrot)();
  NAME(matrix)();
}

#undef ORDER
#undef REAL
#undef NAME
#undef SQUARE_ROOT
#undef REAL_BYTES
