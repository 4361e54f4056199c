/* An interpreter of a stack machine, and programs for it: primes, Fibonacci numbers, Collatz, an exclusive-or shuffle. */
#include "runtime.h"

enum operation {
  PUSH, ADD, SUBTRACT, MULTIPLY, DIVIDE, REMAINDER, XOR, SHIFT, LESS, LOAD, STORE, JUMP, JUMP_IF_ZERO, CALL, RETURN, PRINT, STOP,
};

struct instruction {
  enum operation operation;
  int32_t operand;
};

#define STACK_WORDS 256
#define CELLS 512
#define INDIRECT (-1)

static int64_t cells[CELLS];

/* Cells are addressed by the operand, or by the top of the stack. */
static int64_t *cell(int32_t operand, int64_t **top) {
  int64_t index = operand == INDIRECT ? *--*top : operand;
  return &cells[(uint64_t)index % CELLS];
}

static uint64_t interpret(const struct instruction *program) {
  int64_t stack[STACK_WORDS], *top = stack;
  const struct instruction *calls[64], **call = calls;
  uint64_t steps = 0;
  for (const struct instruction *at = program;; steps++) {
    struct instruction now = *at++;
    switch (now.operation) {
      case PUSH: *top++ = now.operand; break;
      case ADD: top--, top[-1] += *top; break;
      case SUBTRACT: top--, top[-1] -= *top; break;
      case MULTIPLY: top--, top[-1] *= *top; break;
      case DIVIDE: top--, top[-1] /= *top; break;
      case REMAINDER: top--, top[-1] %= *top; break;
      case XOR: top--, top[-1] ^= *top; break;
      case SHIFT: top--, top[-1] = (int64_t)((uint64_t)top[-1] << (*top & 63)); break;
      case LESS: top--, top[-1] = top[-1] < *top; break;
      case LOAD: { int64_t value = *cell(now.operand, &top); *top++ = value; break; }
      case STORE: { int64_t *to = cell(now.operand, &top); *to = *--top; break; }
      case JUMP: at = program + now.operand; break;
      case JUMP_IF_ZERO: if (*--top == 0) at = program + now.operand; break;
      case CALL: *call++ = at; at = program + now.operand; break;
      case RETURN: at = *--call; break;
      case PRINT: put_hex((uint64_t)*--top); break;
      case STOP: return steps;
    }
  }
}

/* Counts primes below 500 by a sieve in cells 10 and up: i in 0, j in 1, the count in 2. */
static const struct instruction primes[] = {
    {PUSH, 2},  {STORE, 0}, {LOAD, 0}, {PUSH, 490}, {LESS, 0}, {JUMP_IF_ZERO, 34}, {LOAD, 0}, {PUSH, 10}, {ADD, 0},
    {LOAD, INDIRECT}, {JUMP_IF_ZERO, 12}, {JUMP, 29}, {LOAD, 2}, {PUSH, 1}, {ADD, 0}, {STORE, 2}, {LOAD, 0}, {LOAD, 0},
    {MULTIPLY, 0}, {STORE, 1}, {CALL, 36}, {JUMP_IF_ZERO, 29}, {PUSH, 1}, {LOAD, 1}, {PUSH, 10}, {ADD, 0},
    {STORE, INDIRECT}, {CALL, 40}, {JUMP, 20}, {LOAD, 0}, {PUSH, 1}, {ADD, 0}, {STORE, 0}, {JUMP, 2}, {LOAD, 2},
    {JUMP, 45}, {LOAD, 1}, {PUSH, 490}, {LESS, 0}, {RETURN, 0}, {LOAD, 1}, {LOAD, 0}, {ADD, 0}, {STORE, 1}, {RETURN, 0},
    {PRINT, 0}, {STOP, 0}};

/* The 90th Fibonacci number, then what 27 takes in Collatz' sequence; values in cells 3 to 5. */
static const struct instruction sequences[] = {
    {PUSH, 0}, {STORE, 3}, {PUSH, 1}, {STORE, 4}, {PUSH, 90}, {STORE, 5}, {LOAD, 5}, {JUMP_IF_ZERO, 19}, {LOAD, 4}, {LOAD, 3},
    {LOAD, 4}, {ADD, 0}, {STORE, 4}, {STORE, 3}, {LOAD, 5}, {PUSH, 1}, {SUBTRACT, 0}, {STORE, 5}, {JUMP, 6}, {LOAD, 3},
    {PRINT, 0}, {PUSH, 27}, {STORE, 3}, {LOAD, 3}, {PUSH, 1}, {SUBTRACT, 0}, {JUMP_IF_ZERO, 47}, {LOAD, 5}, {PUSH, 1}, {ADD, 0},
    {STORE, 5}, {LOAD, 3}, {PUSH, 2}, {REMAINDER, 0}, {JUMP_IF_ZERO, 42}, {LOAD, 3}, {PUSH, 3}, {MULTIPLY, 0}, {PUSH, 1}, {ADD, 0},
    {STORE, 3}, {JUMP, 23}, {LOAD, 3}, {PUSH, 2}, {DIVIDE, 0}, {STORE, 3}, {JUMP, 23}, {LOAD, 5}, {PRINT, 0}, {STOP, 0}};

/* A hash of 2,000 numbers by shifts, products and exclusive ors: the value in cell 6, the counter in 7. */
static const struct instruction shuffle[] = {
    {PUSH, 2000}, {STORE, 7}, {LOAD, 7}, {JUMP_IF_ZERO, 20}, {LOAD, 6}, {LOAD, 7}, {XOR, 0}, {PUSH, 16777619}, {MULTIPLY, 0},
    {STORE, 6}, {LOAD, 6}, {LOAD, 6}, {PUSH, 13}, {SHIFT, 0}, {XOR, 0}, {LOAD, 7}, {PUSH, -1}, {ADD, 0}, {STORE, 7}, {JUMP, 21},
    {JUMP, 23}, {STORE, 6}, {JUMP, 2}, {LOAD, 6}, {PRINT, 0}, {STOP, 0}};

void run_bytecode(void) {
  put_hex(interpret(primes));
  put_hex(interpret(sequences));
  put_hex(interpret(shuffle));
  put_hex(hash_bytes(HASH_START, cells, sizeof cells));
}
