/*
 * What the native harness is given and what it gives back: layout.ts has the same layouts, and the same addresses.
 *
 * Everything is little-endian and the same for 32 and 64 bits.
 */
#ifndef HARNESS_H
#define HARNESS_H
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

#define WINDOW_ADDRESS 0x10000000u
#define WINDOW_BYTES 8192u
#define CODE_ADDRESS 0x20000000u
#define CODE_BYTES 4096u
/* Where a snippet starts in its page: far enough from both ends for every displacement of a short jump. */
#define CODE_START (CODE_ADDRESS + 0x400u)
#define MAX_CODE 128
#define MAX_PATCHES 64
#define MAX_CHANGES 112
#define REGISTERS 16

struct patch {
  uint32_t word; /* index of a 64-bit word of the window */
  uint32_t zero;
  uint64_t value;
};

/* A physical x87 register: not relative to TOP. */
struct x87_register {
  uint64_t mantissa;
  uint16_t signExponent;
  uint16_t zero[3];
};

struct extended_state {
  uint8_t ymm[16][32];
  struct x87_register x87[8];
  uint16_t control;
  uint16_t status; /* with TOP */
  uint16_t tags; /* bit n: physical register n is not empty */
  uint16_t opcode;
  uint64_t instructionPointer;
  uint64_t dataPointer;
  uint32_t mxcsr;
  uint32_t zero;
  uint64_t fsBase; /* of 64-bit code; the C library's otherwise */
  uint64_t gsBase;
};

/* The snippet starts from the record's extended state and reports the one it leaves. */
#define EXTENDED 1u

struct record {
  uint32_t codeBytes;
  uint32_t windowSeed;
  uint32_t patchCount;
  uint32_t flags;
  uint32_t options;
  uint32_t zero;
  uint64_t registers[REGISTERS]; /* rAX rCX rDX rBX rSP rBP rSI rDI r8 to r15 */
  uint8_t code[MAX_CODE];
  struct extended_state extended;
  struct patch patches[MAX_PATCHES];
};

struct result {
  uint64_t registers[REGISTERS];
  uint64_t rip; /* of the INT3 itself for #BP */
  uint64_t faultAddress; /* of #PF, else zero */
  uint32_t flags;
  uint32_t vector;
  uint32_t errorCode;
  uint32_t stop; /* unused here: how else than by an exception vmexit ended */
  uint16_t lastSelectors[8]; /* ES CS SS DS FS GS, two unused */
  uint16_t selectors[8]; /* those that the snippet started with */
  uint32_t changedCount; /* words of the window that changed; MAX_CHANGES at most are listed */
  uint32_t isDone; /* not in a snippet that ended the harness itself */
  struct extended_state extended;
  struct patch changed[MAX_CHANGES];
};

void fail(const char *what);

/* Bases of FS and GS, which a signal frame does not have; nothing happens in 32-bit code. */
void exchangeBases(uint64_t *fsBase, uint64_t *gsBase);

void loadExtendedState(mcontext_t *context, const struct extended_state *state);
void saveExtendedState(const mcontext_t *context, struct extended_state *state);

/* Of 32-bit processes: the segments of their local descriptor table, in which 16-bit snippets run. */
void setUpSegments(void);
void enter16(mcontext_t *context);
/* The selectors that a snippet starts with: the harness's own, or those of `enter16`. */
void readSelectors(uint16_t selectors[8], int is16);
void readLastSelectors(const mcontext_t *context, struct result *outcome);

#endif
