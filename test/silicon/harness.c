/*
 * Runs snippets of machine code on the real processor and reports what they did.
 *
 * Records come on standard input and results go to standard output, in the layouts below (little-endian, the same
 * for 32 and 64 bits; record.ts reads and writes them). A snippet begins with a signal return that loads every register
 * and ends with whatever signal it raises: the code page is filled with INT3, so running off the end is SIGTRAP.
 *
 * The data window and the code page are mapped at fixed low addresses with nothing around them, so that the same linear
 * addresses can exist in vmexit.
 *
 * The 32-bit harness fills a local descriptor table, for snippets that load segments. With an argument it runs them as
 * 16-bit code in some of those: bases, limits, an expand-down segment and a 16-bit stack.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#ifdef __i386__
#include <asm/ldt.h>
#include <sys/syscall.h>
#endif

#define WINDOW_ADDRESS 0x10000000u
#define WINDOW_BYTES 8192u
#define CODE_ADDRESS 0x20000000u
#define CODE_BYTES 4096u
/* Where a snippet starts in its page: far enough from both ends for every displacement of a short jump. */
#define CODE_START (CODE_ADDRESS + 0x400u)
#define MAX_CODE 128
#define MAX_PATCHES 64
#define REGISTERS 16
#define INT3 0xcc
/* A snippet that runs longer hangs: the process ends and the reader sees which record it was. */
#define SECONDS_PER_RECORD 5

struct patch {
  uint32_t word; /* index of a 64-bit word of the window */
  uint32_t zero;
  uint64_t value;
};

struct record {
  uint32_t codeBytes;
  uint32_t windowSeed;
  uint32_t patchCount;
  uint32_t flags;
  uint64_t registers[REGISTERS]; /* rAX rCX rDX rBX rSP rBP rSI rDI r8 to r15 */
  uint8_t code[MAX_CODE];
  struct patch patches[MAX_PATCHES];
};

struct result {
  uint64_t registers[REGISTERS];
  uint64_t rip;
  uint64_t faultAddress;
  uint32_t flags;
  uint32_t vector;
  uint32_t errorCode;
  uint32_t signal;
  uint16_t selectors[8]; /* ES CS SS DS FS GS that the snippet started with, two unused */
  uint16_t lastSelectors[8]; /* and ended with */
  uint32_t changedCount; /* words of the window that changed; MAX_PATCHES at most are listed */
  uint32_t zero;
  struct patch changed[MAX_PATCHES];
};

static struct record current;
static struct result outcome;
static mcontext_t resume;
static int is16;
static uint8_t *const window = (uint8_t *)(uintptr_t)WINDOW_ADDRESS;
static uint8_t *const codePage = (uint8_t *)(uintptr_t)CODE_ADDRESS;
static uint64_t pristine[WINDOW_BYTES / 8];

#ifdef __x86_64__
static const int registerSlots[REGISTERS] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                             REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
#define REGISTER_COUNT 16
#define SLOT_IP REG_RIP
#define FAULT_ADDRESS(context) ((uint64_t)(context)->gregs[REG_CR2])
typedef uint64_t word_t;
#else
static const int registerSlots[REGISTERS] = {REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI};
#define REGISTER_COUNT 8
#define SLOT_IP REG_EIP
#define FAULT_ADDRESS(context) ((uint64_t)(context)->cr2)
typedef uint32_t word_t;
#endif

static void fail(const char *what) {
  perror(what);
  exit(2);
}

/* The window's contents, from a seed: random words, one in four of them an edge value. record.ts has the same. */
static void fillWindow(uint32_t seed) {
  static const uint32_t edges[8] = {0, 1, 0x7f, 0x80, 0x7fffffff, 0x80000000, 0xffff, 0xffffffff};
  uint32_t *words = (uint32_t *)pristine;
  uint32_t x = seed | 1;
  for (uint32_t i = 0; i < WINDOW_BYTES / 4; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    words[i] = (x & 3) == 0 ? edges[(x >> 2) & 7] : x;
  }
}

static void readSelectors(void) {
  uint16_t value;
#define READ(index, name)                         \
  __asm__ volatile("mov %%" name ", %0" : "=r"(value)); \
  outcome.selectors[index] = value
  READ(0, "es");
  READ(1, "cs");
  READ(2, "ss");
  READ(3, "ds");
  READ(4, "fs");
  READ(5, "gs");
}

static void enter16(mcontext_t *context);
static void readLastSelectors(mcontext_t *context);

/* SIGUSR1: remember where the harness is, and return into the snippet instead. */
static void onStart(int number, siginfo_t *info, void *data) {
  (void)number;
  (void)info;
  mcontext_t *context = &((ucontext_t *)data)->uc_mcontext;
  memcpy(&resume, context, sizeof resume);
  for (int i = 0; i < REGISTER_COUNT; i++) context->gregs[registerSlots[i]] = (word_t)current.registers[i];
  context->gregs[SLOT_IP] = CODE_START;
  context->gregs[REG_EFL] = current.flags;
  if (is16) enter16(context);
}

/*
 * A handler inherits AC, and compiled code does not keep to natural alignment. NT and ID stay through a signal return,
 * and would be the next snippet's.
 */
static void clearFlags(void) {
#ifdef __x86_64__
  __asm__ volatile("pushfq; andl $0xffdbbfff, (%%rsp); popfq" ::: "memory", "cc");
#else
  __asm__ volatile("pushfl; andl $0xffdbbfff, (%%esp); popfl" ::: "memory", "cc");
#endif
}

/* Any fault or trap: the snippet is over. */
static void onEnd(int number, siginfo_t *info, void *data) {
  clearFlags();
  (void)info;
  mcontext_t *context = &((ucontext_t *)data)->uc_mcontext;
  for (int i = 0; i < REGISTER_COUNT; i++) outcome.registers[i] = (word_t)context->gregs[registerSlots[i]];
  outcome.rip = (word_t)context->gregs[SLOT_IP];
  readLastSelectors(context);
  outcome.flags = (uint32_t)context->gregs[REG_EFL];
  outcome.vector = (uint32_t)context->gregs[REG_TRAPNO];
  outcome.errorCode = (uint32_t)context->gregs[REG_ERR];
  outcome.faultAddress = FAULT_ADDRESS(context);
  outcome.signal = (uint32_t)number;
  memcpy(context->gregs, resume.gregs, sizeof resume.gregs);
}

static void handle(int number, void (*handler)(int, siginfo_t *, void *)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  if (sigaction(number, &action, NULL) != 0) fail("sigaction");
}

static void mapFixed(uint32_t address, size_t bytes, int protection) {
  void *want = (void *)(uintptr_t)address;
  void *got = mmap(want, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (got != want) fail("mmap");
}

static void setUp(void) {
  setvbuf(stdout, NULL, _IONBF, 0); /* results so far survive a snippet that ends the process */
  static uint8_t signalStack[65536];
  stack_t stack = {.ss_sp = signalStack, .ss_size = sizeof signalStack};
  if (sigaltstack(&stack, NULL) != 0) fail("sigaltstack");
  handle(SIGUSR1, onStart);
  const int ends[] = {SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGBUS};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) handle(ends[i], onEnd);
  mapFixed(WINDOW_ADDRESS, WINDOW_BYTES, PROT_READ | PROT_WRITE);
  mapFixed(CODE_ADDRESS, CODE_BYTES, PROT_READ | PROT_WRITE);
}

#ifdef __i386__
/* The local descriptor table; segments.ts has the same. Selectors: table indicator and RPL 3. */
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

static void setUpSegments(void) {
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

static void enter16(mcontext_t *context) {
  context->gregs[REG_CS] = SELECTOR(CODE_16);
  context->gregs[REG_DS] = SELECTOR(DATA_16);
  context->gregs[REG_ES] = SELECTOR(EXTRA_16);
  context->gregs[REG_SS] = SELECTOR(STACK_16);
  context->gregs[REG_FS] = SELECTOR(EXPAND_DOWN_16);
  context->gregs[SLOT_IP] = CODE_START - CODE_ADDRESS;
}

static void readLastSelectors(mcontext_t *context) {
  const int slots[] = {REG_ES, REG_CS, REG_SS, REG_DS, REG_FS, REG_GS};
  for (int i = 0; i < 6; i++) outcome.lastSelectors[i] = (uint16_t)context->gregs[slots[i]];
}

static void readSelectors16(void) {
  const uint16_t loaded[] = {SELECTOR(EXTRA_16), SELECTOR(CODE_16),        SELECTOR(STACK_16),
                             SELECTOR(DATA_16),  SELECTOR(EXPAND_DOWN_16), outcome.selectors[5]};
  memcpy(outcome.selectors, loaded, sizeof loaded);
}
#else
static void setUpSegments(void) {}
static void enter16(mcontext_t *context) { (void)context; }
static void readSelectors16(void) {}
static void readLastSelectors(mcontext_t *context) {
  (void)context; /* 64-bit snippets load none */
  memcpy(outcome.lastSelectors, outcome.selectors, sizeof outcome.lastSelectors);
}
#endif

/* The code page is read-only for the snippet, as in vmexit. */
static void prepare(void) {
  if (current.codeBytes > MAX_CODE || current.patchCount > MAX_PATCHES) exit(3);
  fillWindow(current.windowSeed);
  for (uint32_t i = 0; i < current.patchCount; i++) {
    if (current.patches[i].word >= WINDOW_BYTES / 8) exit(3);
    pristine[current.patches[i].word] = current.patches[i].value;
  }
  memcpy(window, pristine, WINDOW_BYTES);
  if (mprotect(codePage, CODE_BYTES, PROT_READ | PROT_WRITE) != 0) fail("mprotect");
  memset(codePage, INT3, CODE_BYTES);
  memcpy((void *)(uintptr_t)CODE_START, current.code, current.codeBytes);
  if (mprotect(codePage, CODE_BYTES, PROT_READ | PROT_EXEC) != 0) fail("mprotect");
}

static void listChanges(void) {
  const uint64_t *now = (const uint64_t *)window;
  for (uint32_t i = 0; i < WINDOW_BYTES / 8; i++) {
    if (now[i] == pristine[i]) continue;
    if (outcome.changedCount < MAX_PATCHES) outcome.changed[outcome.changedCount] = (struct patch){i, 0, now[i]};
    outcome.changedCount++;
  }
}

int main(int argumentCount, char **arguments) {
  (void)arguments;
  is16 = argumentCount > 1;
  setUp();
  setUpSegments();
  while (fread(&current, sizeof current, 1, stdin) == 1) {
    memset(&outcome, 0, sizeof outcome);
    prepare();
    readSelectors();
    if (is16) readSelectors16();
    alarm(SECONDS_PER_RECORD);
    raise(SIGUSR1);
    alarm(0);
    listChanges();
    if (fwrite(&outcome, sizeof outcome, 1, stdout) != 1) fail("fwrite");
  }
  return 0;
}
