/*
 * c-sort: sorts random numbers in two ways, hashes the result, prints it.
 *
 * Shows     that what gcc -O2 makes of plain C runs: built twice, with -m32 and with -m64
 * Exits     ioio
 * Entry     elf, loaded at 100000h
 * NMIs      none: there is no handler
 * QEMU      -kernel
 */
#include <stddef.h>
#include <stdint.h>

#include "console.h"
#include "sha256.h"

#define COUNT 4096

static uint32_t numbers[COUNT];
static uint32_t copy[COUNT];

/* Fills the array by xorshift32 (Marsaglia 2003, triple 13, 17, 5). */
static void fill(uint32_t *a, size_t count, uint32_t seed) {
  for (size_t i = 0; i < count; i++) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    a[i] = seed;
  }
}

static void swap(uint32_t *x, uint32_t *y) {
  uint32_t t = *x;
  *x = *y;
  *y = t;
}

/* Hoare's quicksort of a[low] to a[high]. */
static void quick_sort(uint32_t *a, ptrdiff_t low, ptrdiff_t high) {
  while (low < high) {
    uint32_t pivot = a[low + (high - low) / 2];
    ptrdiff_t i = low, j = high;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) swap(&a[i++], &a[j--]);
    }
    quick_sort(a, low, j);
    low = i;
  }
}

/* Restores the heap property below `root`. */
static void sift_down(uint32_t *a, size_t root, size_t count) {
  for (size_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && a[child] < a[child + 1]) child++;
    if (a[root] >= a[child]) return;
    swap(&a[root], &a[child]);
  }
}

static void heap_sort(uint32_t *a, size_t count) {
  for (size_t i = count / 2; i-- > 0;) sift_down(a, i, count);
  for (size_t end = count; end-- > 1;) {
    swap(&a[0], &a[end]);
    sift_down(a, 0, end);
  }
}

/* The number of places where the array descends, or where the two differ. */
static unsigned count_mistakes(void) {
  unsigned mistakes = 0;
  for (size_t i = 0; i < COUNT; i++) {
    mistakes += numbers[i] != copy[i];
    mistakes += i > 0 && numbers[i - 1] > numbers[i];
  }
  return mistakes;
}

/* Returns the exit status. */
int guest_main(void) {
  fill(numbers, COUNT, 2463534242u);
  fill(copy, COUNT, 2463534242u);
  quick_sort(numbers, 0, COUNT - 1);
  heap_sort(copy, COUNT);

  unsigned mistakes = count_mistakes();
  print("c-sort: %u numbers, %u mistakes, least %d, median %08x\n", COUNT, mistakes, (int)numbers[0],
        numbers[COUNT / 2]);

  uint32_t digest[SHA256_WORDS];
  sha256((const uint8_t *)numbers, sizeof numbers, digest);
  print("sha-256 ");
  for (unsigned i = 0; i < SHA256_WORDS; i++) print("%08x", digest[i]);
  print("%c", '\n');
  return mistakes != 0;
}
