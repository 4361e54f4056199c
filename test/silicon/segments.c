/*
 * Segments of the snippets. The 32-bit harness fills a local descriptor table (segments.ts has the same), for snippets
 * that load segments and for 16-bit code, which runs in some of those: bases, limits, an expand-down segment and a 16-bit
 * stack.
 */
#include "harness.h"
#include <string.h>
#include <unistd.h>
#ifdef __i386__
#include <asm/ldt.h>
#include <sys/syscall.h>
#endif

#define READ_SELECTOR(index, name)                      \
  __asm__ volatile("mov %%" name ", %0" : "=r"(value)); \
  selectors[index] = value

static void readOwnSelectors(uint16_t selectors[8]) {
  uint16_t value;
  READ_SELECTOR(0, "es");
  READ_SELECTOR(1, "cs");
  READ_SELECTOR(2, "ss");
  READ_SELECTOR(3, "ds");
  READ_SELECTOR(4, "fs");
  READ_SELECTOR(5, "gs");
}

#ifdef __i386__
void exchangeBases(uint64_t *fsBase, uint64_t *gsBase) {
  (void)fsBase;
  (void)gsBase;
}

/* Selectors: table indicator and RPL 3. */
enum { CODE_16, DATA_16, EXTRA_16, STACK_16, EXPAND_DOWN_16, NOT_PRESENT, READ_ONLY, CONFORMING, EXECUTE_ONLY, CODE_32 };
#define SELECTOR(entry) ((entry) * 8 + 7)
#define WRITE_TABLE 0x11
enum { CONTENTS_DATA, CONTENTS_EXPAND_DOWN, CONTENTS_CODE, CONTENTS_CONFORMING };
enum { WRITE_OR_READ = 0, NO_WRITE_OR_READ = 1, ABSENT = 2, IS_32 = 4 };

static void describe(unsigned entry, uint32_t base, uint32_t limit, unsigned contents, unsigned options) {
  struct user_desc segment;
  memset(&segment, 0, sizeof segment);
  segment.entry_number = entry;
  segment.base_addr = base;
  segment.limit = limit;
  segment.contents = contents;
  segment.read_exec_only = (options & NO_WRITE_OR_READ) != 0;
  segment.seg_not_present = (options & ABSENT) != 0;
  segment.seg_32bit = (options & IS_32) != 0;
  segment.useable = 1;
  if (syscall(SYS_modify_ldt, WRITE_TABLE, &segment, sizeof segment) != 0) fail("modify_ldt");
}

void setUpSegments(void) {
  describe(CODE_16, CODE_ADDRESS, CODE_BYTES - 1, CONTENTS_CODE, WRITE_OR_READ);
  describe(DATA_16, WINDOW_ADDRESS, WINDOW_BYTES - 1, CONTENTS_DATA, WRITE_OR_READ);
  describe(EXTRA_16, WINDOW_ADDRESS + 0x800, 0xfff, CONTENTS_DATA, WRITE_OR_READ);
  describe(STACK_16, WINDOW_ADDRESS + 0x1000, 0xfff, CONTENTS_DATA, WRITE_OR_READ);
  describe(EXPAND_DOWN_16, WINDOW_ADDRESS, 0xfff, CONTENTS_EXPAND_DOWN, WRITE_OR_READ);
  describe(NOT_PRESENT, WINDOW_ADDRESS, 0xfff, CONTENTS_DATA, ABSENT);
  describe(READ_ONLY, WINDOW_ADDRESS, 0xfff, CONTENTS_DATA, NO_WRITE_OR_READ);
  describe(CONFORMING, CODE_ADDRESS, CODE_BYTES - 1, CONTENTS_CONFORMING, ABSENT); /* Linux takes no other */
  describe(EXECUTE_ONLY, CODE_ADDRESS, CODE_BYTES - 1, CONTENTS_CODE, NO_WRITE_OR_READ);
  describe(CODE_32, CODE_ADDRESS, CODE_BYTES - 1, CONTENTS_CODE, IS_32);
}

void enter16(mcontext_t *context) {
  context->gregs[REG_CS] = SELECTOR(CODE_16);
  context->gregs[REG_DS] = SELECTOR(DATA_16);
  context->gregs[REG_ES] = SELECTOR(EXTRA_16);
  context->gregs[REG_SS] = SELECTOR(STACK_16);
  context->gregs[REG_FS] = SELECTOR(EXPAND_DOWN_16);
  context->gregs[REG_EIP] = CODE_START - CODE_ADDRESS;
}

void readSelectors(uint16_t selectors[8], int is16) {
  readOwnSelectors(selectors);
  if (!is16) return;
  const uint16_t loaded[] = {SELECTOR(EXTRA_16), SELECTOR(CODE_16), SELECTOR(STACK_16), SELECTOR(DATA_16),
                             SELECTOR(EXPAND_DOWN_16)};
  memcpy(selectors, loaded, sizeof loaded);
}

void readLastSelectors(const mcontext_t *context, struct result *outcome) {
  const int slots[] = {REG_ES, REG_CS, REG_SS, REG_DS, REG_FS, REG_GS};
  for (int i = 0; i < 6; i++) outcome->lastSelectors[i] = (uint16_t)context->gregs[slots[i]];
}
#else
void setUpSegments(void) {}

void exchangeBases(uint64_t *fsBase, uint64_t *gsBase) {
  uint64_t fs, gs;
  __asm__ volatile("rdfsbase %0; rdgsbase %1; wrfsbase %2; wrgsbase %3"
                   : "=&r"(fs), "=&r"(gs)
                   : "r"(*fsBase), "r"(*gsBase));
  *fsBase = fs;
  *gsBase = gs;
}

void enter16(mcontext_t *context) { (void)context; }

void readSelectors(uint16_t selectors[8], int is16) {
  (void)is16;
  readOwnSelectors(selectors);
}

void readLastSelectors(const mcontext_t *context, struct result *outcome) {
  (void)context; /* 64-bit snippets load none */
  memcpy(outcome->lastSelectors, outcome->selectors, sizeof outcome->lastSelectors);
}
#endif
