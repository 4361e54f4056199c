/* Sorting by comparison functions, searching, and functions of strings. */
#include "runtime.h"

#define COUNT 1500
#define NAME_BYTES 12

/* Without padding, whose bytes a copy may leave out. */
struct record {
  int32_t key;
  char name[NAME_BYTES];
  double weight;
};

typedef int compare(const void *, const void *);

static struct record records[COUNT], other[COUNT];

static int by_key(const void *a, const void *b) {
  int32_t x = ((const struct record *)a)->key, y = ((const struct record *)b)->key;
  return (x > y) - (x < y);
}

static int by_name(const void *a, const void *b) {
  int order = strcmp(((const struct record *)a)->name, ((const struct record *)b)->name);
  return order != 0 ? order : by_key(a, b);
}

static int by_weight(const void *a, const void *b) {
  double x = ((const struct record *)a)->weight, y = ((const struct record *)b)->weight;
  return x > y ? 1 : x < y ? -1 : by_key(a, b);
}

static void swap(struct record *a, struct record *b) {
  struct record t = *a;
  *a = *b;
  *b = t;
}

static void quick_sort(struct record *a, ptrdiff_t low, ptrdiff_t high, compare *order) {
  while (low < high) {
    struct record pivot = a[low + (high - low) / 2];
    ptrdiff_t i = low, j = high;
    while (i <= j) {
      while (order(&a[i], &pivot) < 0) i++;
      while (order(&a[j], &pivot) > 0) j--;
      if (i <= j) swap(&a[i++], &a[j--]);
    }
    quick_sort(a, low, j, order);
    low = i;
  }
}

static void merge_sort(struct record *a, struct record *spare, size_t count, compare *order) {
  if (count < 2) return;
  size_t half = count / 2;
  merge_sort(a, spare, half, order);
  merge_sort(a + half, spare, count - half, order);
  memcpy(spare, a, half * sizeof *a);
  for (size_t i = 0, j = half, out = 0; i < half;)
    a[out++] = j < count && order(&a[j], &spare[i]) < 0 ? a[j++] : spare[i++];
}

static void fill(struct record *a) {
  uint32_t seed = 2463534242u;
  for (size_t i = 0; i < COUNT; i++) {
    memset(&a[i], 0, sizeof a[i]);
    size_t length = 1 + random_next(&seed) % (NAME_BYTES - 2);
    for (size_t k = 0; k < length; k++) a[i].name[k] = (char)('a' + random_next(&seed) % 5);
    a[i].key = (int32_t)random_next(&seed);
    a[i].weight = (double)a[i].key / (1 + (double)(random_next(&seed) & 0xff));
  }
}

static void sort_both(compare *order) {
  static struct record spare[COUNT];
  quick_sort(records, 0, COUNT - 1, order);
  merge_sort(other, spare, COUNT, order);
  put_hex(hash_bytes(HASH_START, records, sizeof records));
  put_text(memcmp(records, other, sizeof records) == 0 ? "same\n" : "DIFFERENT\n");
}

/* Occurrences of `word` in the names, and of letters. */
static void search(const char *word) {
  uint64_t found = 0, letters[26] = {0};
  size_t length = strlen(word);
  for (size_t i = 0; i < COUNT; i++) {
    size_t end = strlen(records[i].name);
    for (size_t at = 0; at + length <= end; at++) found += memcmp(records[i].name + at, word, length) == 0;
    for (size_t at = 0; at < end; at++) letters[records[i].name[at] - 'a']++;
  }
  put_hex(found);
  put_hex(hash_bytes(HASH_START, letters, sizeof letters));
}

void run_sort(void) {
  fill(records);
  fill(other);
  sort_both(by_key);
  sort_both(by_name);
  sort_both(by_weight);
  search("aba");
  memmove(records + 1, records, (COUNT - 1) * sizeof *records);
  memmove(other, other + 1, (COUNT - 1) * sizeof *other);
  put_hex(hash_bytes(hash_bytes(HASH_START, records, sizeof records), other, sizeof other));
}
