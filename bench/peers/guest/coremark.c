/*
 * A mix in the manner of CoreMark: a linked list that is searched, reversed and merge-sorted, products of small
 * matrices, a state machine that recognises numbers, and a CRC over all results.
 */
#include "kernel.h"

enum { NODES = 64, SIZE = 10, FINDS = 16 };

struct node {
  struct node *next;
  int16_t key, value;
};

static struct node nodes[NODES];

static uint16_t crc_byte(uint16_t crc, uint8_t byte) {
  for (int i = 0; i < 8; i++) {
    int carry = (crc ^ byte) & 1;
    crc = (uint16_t)(crc >> 1);
    byte = (uint8_t)(byte >> 1);
    if (carry) crc ^= 0xa001;
  }
  return crc;
}

static uint16_t crc_word(uint16_t crc, uint16_t word) {
  return crc_byte(crc_byte(crc, (uint8_t)word), (uint8_t)(word >> 8));
}

static struct node *make_list(uint32_t seed) {
  for (size_t i = 0; i < NODES; i++) {
    nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : NULL;
    nodes[i].key = (int16_t)(next_random(&seed) >> 16);
    nodes[i].value = (int16_t)i;
  }
  return nodes;
}

static struct node *find(struct node *list, int16_t value) {
  while (list && list->value != value) list = list->next;
  return list;
}

static struct node *reverse(struct node *list) {
  struct node *reversed = NULL;
  while (list) {
    struct node *next = list->next;
    list->next = reversed;
    reversed = list;
    list = next;
  }
  return reversed;
}

static int by_key(const struct node *a, const struct node *b) { return a->key - b->key; }
static int by_value(const struct node *a, const struct node *b) { return a->value - b->value; }

static struct node *merge(struct node *a, struct node *b, int (*compare)(const struct node *, const struct node *)) {
  struct node head, *tail = &head;
  while (a && b) {
    struct node **smaller = compare(a, b) <= 0 ? &a : &b;
    tail = tail->next = *smaller;
    *smaller = (*smaller)->next;
  }
  tail->next = a ? a : b;
  return head.next;
}

static struct node *sort(struct node *list, size_t count, int (*compare)(const struct node *, const struct node *)) {
  if (count == 1) {
    list->next = NULL;
    return list;
  }
  struct node *second = list;
  for (size_t i = 0; i < count / 2; i++) second = second->next;
  struct node *right = sort(second, count - count / 2, compare);
  return merge(sort(list, count / 2, compare), right, compare);
}

static uint16_t work_on_list(uint32_t seed, uint16_t crc) {
  struct node *list = make_list(seed);
  for (uint32_t i = 0; i < FINDS; i++) {
    struct node *found = find(list, (int16_t)((seed + 11 * i) % NODES));
    crc = crc_word(crc, (uint16_t)found->key);
    list = reverse(list);
  }
  list = sort(list, NODES, by_key);
  crc = crc_word(crc, (uint16_t)list->value);
  list = sort(list, NODES, by_value);
  return crc_word(crc, (uint16_t)list->next->key);
}

static int16_t a[SIZE][SIZE], b[SIZE][SIZE];
static int32_t c[SIZE][SIZE];

static uint16_t work_on_matrices(uint32_t seed, uint16_t crc) {
  for (size_t i = 0; i < SIZE; i++)
    for (size_t j = 0; j < SIZE; j++) {
      a[i][j] = (int16_t)(next_random(&seed) >> 24);
      b[i][j] = (int16_t)(a[i][j] + (int16_t)(i + j));
    }
  int32_t sum = 0;
  for (size_t i = 0; i < SIZE; i++)
    for (size_t j = 0; j < SIZE; j++) {
      c[i][j] = 0;
      for (size_t k = 0; k < SIZE; k++) c[i][j] += (a[i][k] * b[k][j] >> 2 & 0xf) * (b[k][j] >> 5 & 0x7f);
      sum += c[i][j] > 512 ? 10 : c[i][j] > c[i][j / 2];
    }
  return crc_word(crc, (uint16_t)sum);
}

enum state { START, SIGN, INTEGER, FRACTION, EXPONENT, EXPONENT_SIGN, EXPONENT_DIGITS, INVALID, STATES };

static int is_digit(char c) { return c >= '0' && c <= '9'; }

static enum state next_state(enum state state, char c) {
  switch (state) {
    case START: return is_digit(c) ? INTEGER : c == '+' || c == '-' ? SIGN : c == '.' ? FRACTION : INVALID;
    case SIGN: return is_digit(c) ? INTEGER : c == '.' ? FRACTION : INVALID;
    case INTEGER: return is_digit(c) ? INTEGER : c == '.' ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case FRACTION: return is_digit(c) ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case EXPONENT: return c == '+' || c == '-' ? EXPONENT_SIGN : INVALID;
    case EXPONENT_SIGN:
    case EXPONENT_DIGITS: return is_digit(c) ? EXPONENT_DIGITS : INVALID;
    default: return INVALID;
  }
}

static const char text[] = "5012,1234,-874,+122,35.54400,.1234500,-110.700,+0.64400,5.500e+3,-.123e-2,-87e+832,"
                           "+0.6e-12,T0.3e-1F,-T.T++Tq,1T3.4e4z,34.0e-T^";

static uint16_t work_on_text(uint32_t seed, uint16_t crc) {
  uint32_t ends[STATES] = {0};
  enum state state = START;
  for (const char *p = text; *p; p++) {
    if (*p == ',') {
      ends[state]++;
      state = START;
    } else {
      state = next_state(state, (char)(*p ^ (char)(seed % 97 == (uint32_t)(p - text))));
    }
  }
  for (size_t i = 0; i < STATES; i++) crc = crc_word(crc, (uint16_t)ends[i]);
  return crc;
}

uint32_t kernel(uint32_t iterations) {
  uint16_t crc = 0;
  for (uint32_t i = 0; i < iterations; i++) crc = work_on_text(i, work_on_matrices(i, work_on_list(i, crc)));
  return crc;
}
