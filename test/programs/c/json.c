/* A JSON parser into a tree, and a printer of it: what was printed parses to the same tree (RFC 8259). */
#include "runtime.h"

#define TEXT_BYTES 65536
#define NODES 4096
#define DEEPEST 6

enum kind { NOTHING, FALSE, TRUE, NUMBER, STRING, ARRAY, OBJECT };

/* Children are a list: `first`, and `next` of each. A member of an object has a key. */
struct node {
  enum kind kind;
  double number;
  const char *text, *key;
  size_t text_length, key_length;
  struct node *first, *next;
};

static struct node nodes[NODES];
static size_t node_count;
static char source[TEXT_BYTES], printed[TEXT_BYTES], again[TEXT_BYTES];

struct writer {
  char *at, *end;
};

static void write_char(struct writer *out, char c) {
  if (out->at < out->end) *out->at++ = c;
}

static void write_text(struct writer *out, const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) write_char(out, text[i]);
}

static void write_integer(struct writer *out, uint64_t value) {
  if (value >= 10) write_integer(out, value / 10);
  write_char(out, (char)('0' + value % 10));
}

/* Six decimals: numbers here have no more. */
static void write_number(struct writer *out, double value) {
  if (value < 0) write_char(out, '-'), value = -value;
  uint64_t scaled = (uint64_t)(value * 1e6 + 0.5);
  write_integer(out, scaled / 1000000);
  uint32_t fraction = (uint32_t)(scaled % 1000000);
  if (fraction == 0) return;
  write_char(out, '.');
  for (uint32_t digit = 100000; fraction > 0; digit /= 10) {
    write_char(out, (char)('0' + fraction / digit));
    fraction %= digit;
  }
}

static void write_value(struct writer *out, const struct node *node) {
  switch (node->kind) {
    case NOTHING: write_text(out, "null", 4); break;
    case FALSE: write_text(out, "false", 5); break;
    case TRUE: write_text(out, "true", 4); break;
    case NUMBER: write_number(out, node->number); break;
    case STRING:
      write_char(out, '"');
      write_text(out, node->text, node->text_length);
      write_char(out, '"');
      break;
    default:
      write_char(out, node->kind == ARRAY ? '[' : '{');
      for (const struct node *child = node->first; child; child = child->next) {
        if (child->key) {
          write_char(out, '"');
          write_text(out, child->key, child->key_length);
          write_text(out, "\":", 2);
        }
        write_value(out, child);
        if (child->next) write_char(out, ',');
      }
      write_char(out, node->kind == ARRAY ? ']' : '}');
  }
}

static const char *skip_space(const char *p) {
  while (*p == ' ' || *p == '\n' || *p == '\t') p++;
  return p;
}

static double parse_number(const char **at) {
  const char *p = *at;
  int is_negative = *p == '-';
  p += is_negative;
  double value = 0, scale = 1;
  for (; *p >= '0' && *p <= '9'; p++) value = value * 10 + (*p - '0');
  if (*p == '.')
    for (p++; *p >= '0' && *p <= '9'; p++) value = value * 10 + (*p - '0'), scale *= 10;
  *at = p;
  return (is_negative ? -value : value) / scale;
}

static const char *parse_string(const char **at, size_t *length) {
  const char *start = ++*at;
  while (**at && **at != '"') *at += **at == '\\' ? 2 : 1;
  *length = (size_t)(*at - start);
  ++*at;
  return start;
}

static struct node *parse(const char **at) {
  struct node *node = &nodes[node_count++ % NODES];
  memset(node, 0, sizeof *node);
  const char *p = *at = skip_space(*at);
  if (*p == '"') node->kind = STRING, node->text = parse_string(at, &node->text_length);
  else if (*p == 'n') node->kind = NOTHING, *at += 4;
  else if (*p == 't') node->kind = TRUE, *at += 4;
  else if (*p == 'f') node->kind = FALSE, *at += 5;
  else if (*p == '[' || *p == '{') {
    node->kind = *p == '[' ? ARRAY : OBJECT;
    struct node **last = &node->first;
    *at = skip_space(p + 1);
    while (**at && **at != ']' && **at != '}') {
      const char *key = 0;
      size_t key_length = 0;
      if (node->kind == OBJECT) {
        key = parse_string(at, &key_length);
        *at = skip_space(*at) + 1;
      }
      struct node *child = parse(at);
      child->key = key, child->key_length = key_length;
      *last = child, last = &child->next;
      *at = skip_space(*at);
      if (**at == ',') *at = skip_space(*at + 1);
    }
    ++*at;
  } else node->kind = NUMBER, node->number = parse_number(at);
  return node;
}

/* A random document. */
static void generate(struct writer *out, uint32_t *seed, unsigned depth) {
  uint32_t roll = random_next(seed);
  unsigned count = depth == 0 ? 20 : roll >> 8 & 7;
  if (depth > 0 && (depth == DEEPEST || (roll & 3) == 0)) {
    switch (roll >> 4 & 7) {
      case 0: write_text(out, "null", 4); break;
      case 1: write_text(out, "true", 4); break;
      case 2: write_text(out, "false", 5); break;
      case 3: write_text(out, "\"a \\\"quoted\\\" word\"", 19); break;
      default: write_number(out, ((int32_t)random_next(seed) >> 4) / 1000.0);
    }
    return;
  }
  int is_array = roll >> 2 & 1;
  write_char(out, is_array ? '[' : '{');
  for (unsigned i = 0; i < count; i++) {
    if (i > 0) write_text(out, ", ", 2);
    if (!is_array) {
      write_text(out, "\"key", 4);
      write_integer(out, random_next(seed) & 255);
      write_text(out, "\" : ", 4);
    }
    generate(out, seed, depth + 1);
  }
  write_char(out, is_array ? ']' : '}');
}

static double sum_of(const struct node *node) {
  double sum = node->kind == NUMBER ? node->number : 0;
  for (const struct node *child = node->first; child; child = child->next) sum += sum_of(child);
  return sum;
}

static size_t print_parsed(const char *text, char *to) {
  struct writer out = {to, to + TEXT_BYTES};
  const char *at = text;
  write_value(&out, parse(&at));
  return (size_t)(out.at - to);
}

void run_json(void) {
  uint32_t seed = 5;
  struct writer out = {source, source + TEXT_BYTES - 1};
  generate(&out, &seed, 0);
  put_hex((uint64_t)(out.at - source));
  size_t length = print_parsed(source, printed);
  put_hex(node_count);
  double sum = sum_of(&nodes[0]);
  put_bytes(&sum, sizeof sum);
  put_hex(hash_bytes(HASH_START, printed, length));
  node_count = 0;
  put_text(print_parsed(printed, again) == length && memcmp(printed, again, length) == 0 ? "same\n" : "DIFFERENT\n");
}
