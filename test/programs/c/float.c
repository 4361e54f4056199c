/* Floating-point benchmarks, each in float, double and long double: values are printed as they are in memory. */
#include "runtime.h"

#ifdef __SSE2_MATH__
#define SINGLE_ROOT __builtin_sqrtf
#define DOUBLE_ROOT __builtin_sqrt
#else
/* Without SSE gcc would call a library. */
static long double x87_root(long double x) {
  __asm__("fsqrt" : "+t"(x));
  return x;
}
#define SINGLE_ROOT(x) ((float)x87_root(x))
#define DOUBLE_ROOT(x) ((double)x87_root(x))
#endif

#define REAL float
#define NAME(name) name##_float
#define SQUARE_ROOT SINGLE_ROOT
#define REAL_BYTES 4
#include "float-kernels.h"

#define REAL double
#define NAME(name) name##_double
#define SQUARE_ROOT DOUBLE_ROOT
#define REAL_BYTES 8
#include "float-kernels.h"

/* The x87 unit's own format: 10 bytes, the rest is padding. */
#define REAL long double
#define NAME(name) name##_long_double
#define SQUARE_ROOT __builtin_sqrtl
#define REAL_BYTES 10
#include "float-kernels.h"

/* Conversions between the formats and integers, at their edges too. */
static void convert(void) {
  static volatile double values[] = {0.0,   -0.0,       1.5,          -2.5,     1e9,    -1e15,      0.1,
                                     1e-40, 3.4028e38, 9007199254740993.0, 5e-324, -1e-310, 4294967295.5};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    volatile float narrow = (float)values[i];
    volatile long double wide = (long double)values[i] / 3;
    volatile double back = (double)wide;
    float single = narrow;
    double twice = back;
    long double extended = wide;
    put_bytes(&single, sizeof single);
    put_bytes(&twice, sizeof twice);
    put_bytes(&extended, 10);
    put_hex((uint64_t)(int64_t)values[i]);
    volatile int64_t integer = (int64_t)values[i] * 3;
    double from_integer = (double)integer;
    float from_unsigned = (float)(uint64_t)(integer < 0 ? -integer : integer);
    put_bytes(&from_integer, sizeof from_integer);
    put_bytes(&from_unsigned, sizeof from_unsigned);
  }
}

void run_float(void) {
  benchmark_float();
  benchmark_double();
  benchmark_long_double();
  convert();
}
