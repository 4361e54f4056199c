/* A compressor like deflate, and its inverse: LZ77 with hash chains, then a canonical Huffman code over the bytes. */
#include "runtime.h"

#define TEXT_BYTES 6000
#define PACKED_BYTES (2 * TEXT_BYTES)
#define WINDOW 4096
#define HASHES 1024
#define SHORTEST 4
#define LONGEST 255
#define SYMBOLS 256
#define LONGEST_CODE 32

static uint8_t text[TEXT_BYTES], tokens[PACKED_BYTES], packed[PACKED_BYTES], untokens[PACKED_BYTES], back[TEXT_BYTES];
static int32_t head[HASHES], previous[TEXT_BYTES];

/* Words from a small vocabulary, and noise in between. */
static void make_text(void) {
  static const char *const words[] = {"virtual ", "machine ", "interrupt ", "mask ", "exit ", "the ", "of ", "silicon\n"};
  uint32_t seed = 99;
  for (size_t at = 0; at < TEXT_BYTES;) {
    uint32_t roll = random_next(&seed);
    const char *word = words[roll >> 8 & 7];
    if ((roll & 15) == 0) text[at++] = (uint8_t)(roll >> 16);
    else
      while (*word && at < TEXT_BYTES) text[at++] = (uint8_t)*word++;
  }
}

static unsigned hash_at(const uint8_t *p) {
  return (unsigned)((p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16) * 2654435761u >> 22) & (HASHES - 1);
}

static void enter(size_t at) {
  unsigned hash = hash_at(text + at);
  previous[at] = head[hash];
  head[hash] = (int32_t)at;
}

static size_t match_length(size_t a, size_t b) {
  size_t length = 0;
  while (b + length < TEXT_BYTES && length < LONGEST && text[a + length] == text[b + length]) length++;
  return length;
}

/* A token is 0 and a byte, or a length, and a distance in two bytes. */
static size_t tokenize(void) {
  size_t out = 0;
  for (unsigned i = 0; i < HASHES; i++) head[i] = -1;
  for (size_t at = 0; at < TEXT_BYTES;) {
    size_t best = 0, distance = 0;
    if (at + SHORTEST <= TEXT_BYTES) {
      int32_t candidate = head[hash_at(text + at)];
      for (int tries = 32; candidate >= 0 && at - (size_t)candidate <= WINDOW && tries > 0; tries--) {
        size_t length = match_length((size_t)candidate, at);
        if (length > best) best = length, distance = at - (size_t)candidate;
        candidate = previous[candidate];
      }
    }
    size_t step = best >= SHORTEST ? best : 1;
    tokens[out++] = best >= SHORTEST ? (uint8_t)best : 0;
    tokens[out++] = best >= SHORTEST ? (uint8_t)distance : text[at];
    if (best >= SHORTEST) tokens[out++] = (uint8_t)(distance >> 8);
    for (size_t i = 0; i < step; i++, at++)
      if (at + SHORTEST <= TEXT_BYTES) enter(at);
  }
  return out;
}

static size_t untokenize(const uint8_t *from, size_t count) {
  size_t out = 0;
  for (size_t at = 0; at < count;) {
    unsigned length = from[at++];
    if (length == 0) {
      back[out++] = from[at++];
      continue;
    }
    size_t distance = from[at] | (size_t)from[at + 1] << 8;
    at += 2;
    for (; length > 0; length--, out++) back[out] = back[out - distance];
  }
  return out;
}

/* Code lengths by Huffman's construction: the two rarest nodes become one, again and again. */
static void code_lengths(const uint8_t *bytes, size_t count, uint8_t lengths[SYMBOLS]) {
  uint32_t weight[2 * SYMBOLS] = {0};
  int parent[2 * SYMBOLS];
  for (size_t i = 0; i < count; i++) weight[bytes[i]]++;
  int nodes = SYMBOLS;
  for (int i = 0; i < 2 * SYMBOLS; i++) parent[i] = -1;
  while (1) {
    int first = -1, second = -1;
    for (int i = 0; i < nodes; i++) {
      if (weight[i] == 0 || parent[i] >= 0) continue;
      if (first < 0 || weight[i] < weight[first]) second = first, first = i;
      else if (second < 0 || weight[i] < weight[second]) second = i;
    }
    if (second < 0) break;
    weight[nodes] = weight[first] + weight[second];
    parent[first] = parent[second] = nodes++;
  }
  for (int i = 0; i < SYMBOLS; i++) {
    lengths[i] = 0;
    for (int node = i; weight[i] > 0 && parent[node] >= 0; node = parent[node]) lengths[i]++;
  }
}

/* Codes in the order of their lengths, then of their symbols (RFC 1951 section 3.2.2). */
static void assign_codes(const uint8_t lengths[SYMBOLS], uint32_t codes[SYMBOLS]) {
  uint32_t code = 0;
  for (unsigned length = 1; length < LONGEST_CODE; length++, code <<= 1)
    for (unsigned symbol = 0; symbol < SYMBOLS; symbol++)
      if (lengths[symbol] == length) codes[symbol] = code++;
}

static size_t encode(size_t count, const uint8_t lengths[SYMBOLS], const uint32_t codes[SYMBOLS]) {
  uint64_t buffer = 0;
  unsigned bits = 0;
  size_t out = 0;
  for (size_t i = 0; i < count; i++) {
    buffer = buffer << lengths[tokens[i]] | codes[tokens[i]];
    for (bits += lengths[tokens[i]]; bits >= 8; bits -= 8) packed[out++] = (uint8_t)(buffer >> (bits - 8));
  }
  if (bits > 0) packed[out++] = (uint8_t)(buffer << (8 - bits));
  return out;
}

static void decode(size_t count, const uint8_t lengths[SYMBOLS]) {
  size_t bit = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t code = 0, first = 0;
    for (unsigned length = 1;; length++) {
      code = code << 1 | (packed[bit >> 3] >> (7 - (bit & 7)) & 1);
      bit++;
      uint32_t here = 0, rank = code - first;
      for (unsigned symbol = 0; symbol < SYMBOLS; symbol++)
        if (lengths[symbol] == length && here++ == rank && code >= first) untokens[i] = (uint8_t)symbol, rank = ~0u;
      if (rank == ~0u) break;
      first = (first + here) << 1;
    }
  }
}

void run_lz(void) {
  static uint8_t lengths[SYMBOLS];
  static uint32_t codes[SYMBOLS];
  make_text();
  size_t token_bytes = tokenize();
  code_lengths(tokens, token_bytes, lengths);
  assign_codes(lengths, codes);
  size_t packed_bytes = encode(token_bytes, lengths, codes);
  put_hex(packed_bytes);
  put_hex(hash_bytes(HASH_START, packed, packed_bytes));
  decode(token_bytes, lengths);
  size_t length = untokenize(untokens, token_bytes);
  put_text(length == TEXT_BYTES && memcmp(text, back, TEXT_BYTES) == 0 ? "same\n" : "DIFFERENT\n");
}
