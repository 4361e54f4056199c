/* Self-modifying code: writes a function's constant, calls it, again and again; now and then another instruction. */
#include "kernel.h"

/* Writable and executable, also in a process of Linux. */
static uint8_t code[4096] __attribute__((section(".code_buffer,\"awx\",@nobits#"), aligned(4096)));

/* LEA EAX, [EAX + constant] and RET, so that the function takes and returns EAX in both modes. */
static const uint8_t add_constant[] = {0x8d, 0x80, 0, 0, 0, 0, 0xc3};
/* XOR EAX, constant; NOP; RET. */
static const uint8_t xor_constant[] = {0x35, 0, 0, 0, 0, 0x90, 0xc3};

enum { CONSTANT_OF_ADD = 2, CONSTANT_OF_XOR = 1, CALLS = 16 };

static void write_constant(volatile uint8_t *at, uint32_t value) {
  *(volatile uint32_t __attribute__((may_alias, aligned(1))) *)at = value;
}

static uint32_t call_code(uint32_t value) {
  __asm__ volatile("call *%1" : "+a"(value) : "r"(code) : "memory", "cc");
  return value;
}

uint32_t kernel(uint32_t iterations) {
  uint32_t value = 1;
  for (uint32_t i = 0; i < iterations; i++) {
    const uint8_t *function = i & 1 ? xor_constant : add_constant;
    for (size_t j = 0; j < sizeof add_constant; j++) ((volatile uint8_t *)code)[j] = function[j];
    for (uint32_t j = 0; j < CALLS; j++) {
      write_constant(code + (i & 1 ? CONSTANT_OF_XOR : CONSTANT_OF_ADD), value + i + j);
      value = call_code(value) * 3;
    }
  }
  return value;
}
