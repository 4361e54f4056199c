/*
 * A mix in the manner of Dhrystone: assignments of records, comparison of strings, calls with several arguments, small
 * arrays, enumerations and pointers; no arithmetic to speak of.
 */
#include "kernel.h"

enum colour { RED, GREEN, BLUE, COLOURS };

enum { NAME_BYTES = 32, ARRAY = 50 };

struct record {
  struct record *next;
  enum colour colour;
  int32_t number;
  char name[NAME_BYTES];
};

static struct record first, second;
static int32_t vector[ARRAY], table[ARRAY][ARRAY];
static char letter;
static int is_found;

static void copy_name(char *to, const char *from) {
  while ((*to++ = *from++))
    ;
}

static int compare_names(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return (uint8_t)*a - (uint8_t)*b;
}

static enum colour next_colour(enum colour colour, int32_t number) {
  switch (colour) {
    case RED: return number > 100 ? RED : BLUE;
    case GREEN: return number & 1 ? GREEN : RED;
    case BLUE: return GREEN;
    default: return RED;
  }
}

static void change_record(struct record *record, int32_t number) {
  struct record *next = record->next;
  *next = *record;
  record->number = number;
  next->number = record->number + 5;
  next->next = record->next;
  next->colour = next_colour(record->colour, next->number);
  if (next->colour == RED) {
    next->number = 6;
    copy_name(next->name, record->name);
  } else {
    *record = *next;
  }
  record->next = &second;
}

static void fill_arrays(int32_t row, int32_t value) {
  int32_t at = row + 5;
  vector[at] = value;
  vector[at + 1] = vector[at];
  vector[at + 30] = at;
  for (int32_t column = at; column <= at + 1; column++) table[at][column] = at;
  table[at][at - 1]++;
  table[at + 10][at] = vector[at];
}

static int same_letter(const char *a, const char *b) {
  int position = 2;
  while (position <= 2)
    if (a[position] == b[position + 1]) {
      letter = a[position];
      position++;
    } else {
      break;
    }
  return compare_names(a, b) > 0 && letter == 'R';
}

static uint32_t one_round(uint32_t round) {
  char one[NAME_BYTES], two[NAME_BYTES];
  int32_t a = 2, b = 3, c = 0;
  copy_name(one, "DHRYSTONE PROGRAM, 1'ST STRING");
  copy_name(two, round & 1 ? "DHRYSTONE PROGRAM, 2'ND STRING" : "DHRYSTONE PROGRAM, 3'RD STRING");
  is_found = !same_letter(one, two);
  while (a < b) {
    c = 5 * a - b;
    a++;
  }
  fill_arrays((int32_t)(round % 5), c);
  change_record(&first, (int32_t)(round & 0xff));
  for (char index = 'A'; index <= 'A' + (char)first.colour; index++)
    if (next_colour((enum colour)(index - 'A'), c) == BLUE) {
      copy_name(two, "DHRYSTONE PROGRAM, 3'RD STRING");
      b = (int32_t)round;
    }
  b = b * a;
  a = b / c;
  b = 7 * (b - c) - a;
  return (uint32_t)b + (uint32_t)is_found + (uint32_t)second.number + (uint32_t)compare_names(one, two);
}

uint32_t kernel(uint32_t iterations) {
  first = (struct record){&second, GREEN, 40, "DHRYSTONE PROGRAM, SOME STRING"};
  second = (struct record){0};
  for (size_t i = 0; i < ARRAY; i++) {
    vector[i] = 0;
    for (size_t j = 0; j < ARRAY; j++) table[i][j] = 0;
  }
  uint32_t checksum = 0;
  for (uint32_t i = 0; i < iterations; i++) checksum = mix(checksum, one_round(i));
  for (size_t i = 0; i < ARRAY; i++) checksum = mix(checksum, (uint32_t)(vector[i] + table[i][i]));
  return checksum;
}
