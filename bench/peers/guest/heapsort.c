/* Heapsort of random numbers. */
#include "sort.h"

static void sift_down(size_t root, size_t count) {
  uint32_t value = numbers[root];
  for (size_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && numbers[child + 1] > numbers[child]) child++;
    if (numbers[child] <= value) break;
    numbers[root] = numbers[child];
  }
  numbers[root] = value;
}

static void heapsort(void) {
  for (size_t i = SORT_COUNT / 2; i-- > 0;) sift_down(i, SORT_COUNT);
  for (size_t end = SORT_COUNT - 1; end > 0; end--) {
    uint32_t largest = numbers[0];
    numbers[0] = numbers[end];
    numbers[end] = largest;
    sift_down(0, end);
  }
}

uint32_t kernel(uint32_t iterations) {
  uint32_t checksum = 0;
  for (uint32_t i = 0; i < iterations; i++) {
    fill_numbers(i);
    heapsort();
    checksum = mix(checksum, sorted_checksum());
  }
  return checksum;
}
