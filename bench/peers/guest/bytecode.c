/* An interpreter of bytecode with a jump of its own at the end of every operation. */
#include "kernel.h"

enum Operation { PUSH, ADD, SUBTRACT, XOR, DUPLICATE, SWAP, LOAD, STORE, DECREMENT, JUMP_UNLESS_ZERO, HALT };

enum { LOOPS = 64, STACK = 16, VARIABLES = 4 };

/* Variable 0 counts down; 1 and 2 are what is computed. */
static const uint8_t program[] = {
    PUSH, LOOPS, STORE, 0, PUSH, 3, STORE, 1, PUSH, 7, STORE, 2,
    /* 12: */ LOAD, 1, LOAD, 2, ADD, DUPLICATE, STORE, 2, LOAD, 1, XOR, PUSH, 5, SWAP, SUBTRACT, STORE, 1,
    LOAD, 2, LOAD, 0, ADD, STORE, 2, DECREMENT, 0, JUMP_UNLESS_ZERO, 0, 12, LOAD, 1, LOAD, 2, XOR, HALT,
};

static uint32_t interpret(const uint8_t *pc, uint32_t seed) {
  static const void *const actions[] = {
      [PUSH] = &&push,           [ADD] = &&add,           [SUBTRACT] = &&subtract,
      [XOR] = &&exclusive_or,    [DUPLICATE] = &&duplicate, [SWAP] = &&swap,
      [LOAD] = &&load,           [STORE] = &&store,       [DECREMENT] = &&decrement,
      [JUMP_UNLESS_ZERO] = &&jump_unless_zero, [HALT] = &&halt,
  };
  uint32_t stack[STACK], variables[VARIABLES] = {0}, *top = stack, swapped;
  *top = seed;
#define NEXT goto *actions[*pc++]
  NEXT;
push:
  *++top = *pc++ + seed;
  NEXT;
add:
  top--;
  *top += top[1];
  NEXT;
subtract:
  top--;
  *top -= top[1];
  NEXT;
exclusive_or:
  top--;
  *top ^= top[1];
  NEXT;
duplicate:
  top[1] = *top;
  top++;
  NEXT;
swap:
  swapped = *top;
  *top = top[-1];
  top[-1] = swapped;
  NEXT;
load:
  *++top = variables[*pc++];
  NEXT;
store:
  variables[*pc++] = *top--;
  NEXT;
decrement:
  variables[*pc++]--;
  NEXT;
jump_unless_zero:
  pc = variables[*pc] ? program + pc[1] : pc + 2;
  NEXT;
halt:
  return *top;
}

uint32_t kernel(uint32_t iterations) {
  uint32_t checksum = 0;
  for (uint32_t i = 0; i < iterations; i++) checksum = mix(checksum, interpret(program, i & 7));
  return checksum;
}
