/* Quicksort (Hoare's partition) of random numbers, with insertion sort below 12. */
#include "sort.h"

enum { SMALL = 12 };

static void insertion_sort(uint32_t *first, uint32_t *last) {
  for (uint32_t *p = first + 1; p <= last; p++) {
    uint32_t value = *p;
    uint32_t *q = p;
    for (; q > first && q[-1] > value; q--) *q = q[-1];
    *q = value;
  }
}

static void quicksort(uint32_t *first, uint32_t *last) {
  while (last - first >= SMALL) {
    uint32_t pivot = first[(last - first) / 2];
    uint32_t *low = first, *high = last;
    while (low <= high) {
      while (*low < pivot) low++;
      while (*high > pivot) high--;
      if (low > high) break;
      uint32_t swapped = *low;
      *low++ = *high;
      *high-- = swapped;
    }
    quicksort(first, high);
    first = low;
  }
  if (first < last) insertion_sort(first, last);
}

uint32_t kernel(uint32_t iterations) {
  uint32_t checksum = 0;
  for (uint32_t i = 0; i < iterations; i++) {
    fill_numbers(i);
    quicksort(numbers, numbers + SORT_COUNT - 1);
    checksum = mix(checksum, sorted_checksum());
  }
  return checksum;
}
