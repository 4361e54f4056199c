/*
 * Runs snippets of machine code on the real processor and reports what they did.
 *
 *   harness <records> <results> <first> [16]
 *
 * Both files are arrays of the structures in harness.h; the results are written from number `first` on, one by one: those
 * so far survive a snippet that ends the process. With a fourth argument the 32-bit harness runs 16-bit code.
 *
 * A snippet may write to any address, so what outlasts a snippet is read-only as far as possible.
 *
 * A snippet begins with a signal return that loads every register and ends with whatever signal it raises: the code page
 * is filled with INT3, so running off the end is SIGTRAP.
 *
 * The data window and the code page are mapped at fixed low addresses with nothing around them, so that the same linear
 * addresses can exist in vmexit.
 */
#include "harness.h"
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define INT3 0xcc
/* Records that take more processor time hang: the process ends and the reader sees at which record it was. */
#define MICROSECONDS_TO_HANG 200000
#define RECORDS_PER_ALARM 64
/* Windows that are remembered by their seed. */
#define KEPT_WINDOWS 256
#define WINDOW_WORDS (WINDOW_BYTES / 8)
enum { VECTOR_BP = 3, VECTOR_PF = 14 };

static const struct record *current;
static struct result outcome;
static mcontext_t resume;
/* Bases of FS and GS: the harness's while a snippet runs, and the snippet's otherwise. */
static uint64_t ownFsBase, ownGsBase;
static struct extended_state harmless = {.control = 0x37f, .mxcsr = 0x1f80};
static int is16;
static uint64_t *const window = (uint64_t *)(uintptr_t)WINDOW_ADDRESS;
static uint8_t *writableCode;
static uint64_t pristine[WINDOW_WORDS];

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

void fail(const char *what) {
  perror(what);
  exit(2);
}

/* The window's contents, from a seed: random words, one in four of them an edge value. layout.ts has the same. */
static void fillWindow(uint32_t *words, uint32_t seed) {
  static const uint32_t edges[8] = {0, 1, 0x7f, 0x80, 0x7fffffff, 0x80000000, 0xffff, 0xffffffff};
  uint32_t x = seed | 1;
  for (uint32_t i = 0; i < WINDOW_BYTES / 4; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    words[i] = (x & 3) == 0 ? edges[(x >> 2) & 7] : x;
  }
}

static const uint64_t *windowOf(uint32_t seed) {
  static struct {
    uint64_t *words;
    uint32_t seed;
  } kept[KEPT_WINDOWS], *slot;
  slot = &kept[seed % KEPT_WINDOWS];
  if (slot->words != NULL && slot->seed == seed) return slot->words;
  if (slot->words != NULL) munmap(slot->words, WINDOW_BYTES);
  slot->words = mmap(NULL, WINDOW_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (slot->words == MAP_FAILED) fail("mmap");
  slot->seed = seed;
  fillWindow((uint32_t *)slot->words, seed);
  if (mprotect(slot->words, WINDOW_BYTES, PROT_READ) != 0) fail("mprotect");
  return slot->words;
}

/* SIGUSR1: remember where the harness is, and return into the snippet instead. */
static void onStart(int number, siginfo_t *info, void *data) {
  (void)number;
  (void)info;
  mcontext_t *context = &((ucontext_t *)data)->uc_mcontext;
  memcpy(&resume, context, sizeof resume);
  for (int i = 0; i < REGISTER_COUNT; i++) context->gregs[registerSlots[i]] = (word_t)current->registers[i];
  context->gregs[SLOT_IP] = CODE_START;
  context->gregs[REG_EFL] = current->flags;
  if (is16) enter16(context);
  if ((current->options & EXTENDED) == 0) return;
  loadExtendedState(context, &current->extended);
  ownFsBase = current->extended.fsBase;
  ownGsBase = current->extended.gsBase;
  exchangeBases(&ownFsBase, &ownGsBase); /* last: the C library counts on FS */
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
  if (current->options & EXTENDED) exchangeBases(&ownFsBase, &ownGsBase);
  (void)number;
  (void)info;
  mcontext_t *context = &((ucontext_t *)data)->uc_mcontext;
  for (int i = 0; i < REGISTER_COUNT; i++) outcome.registers[i] = (word_t)context->gregs[registerSlots[i]];
  readLastSelectors(context, &outcome);
  outcome.flags = (uint32_t)context->gregs[REG_EFL];
  outcome.vector = (uint32_t)context->gregs[REG_TRAPNO];
  outcome.errorCode = (uint32_t)context->gregs[REG_ERR];
  outcome.rip = (word_t)context->gregs[SLOT_IP] - (outcome.vector == VECTOR_BP);
  outcome.faultAddress = outcome.vector == VECTOR_PF ? FAULT_ADDRESS(context) : 0;
  memcpy(context->gregs, resume.gregs, sizeof resume.gregs);
  if ((current->options & EXTENDED) == 0) return;
  saveExtendedState(context, &outcome.extended);
  outcome.extended.fsBase = ownFsBase;
  outcome.extended.gsBase = ownGsBase;
  loadExtendedState(context, &harmless);
}

static void handle(int number, void (*handler)(int, siginfo_t *, void *)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  if (sigaction(number, &action, NULL) != 0) fail("sigaction");
}

/* LSL tells the number of the processor, which the operating system keeps as a segment's limit: vmexit's is 0. */
static void stayOnFirstProcessor(void) {
  cpu_set_t processors;
  CPU_ZERO(&processors);
  CPU_SET(0, &processors);
  sched_setaffinity(0, sizeof processors, &processors); /* where that is not allowed, a rare case may differ */
}

static void setUpSignals(void) {
  static uint8_t signalStack[65536];
  stack_t stack = {.ss_sp = signalStack, .ss_size = sizeof signalStack};
  if (sigaltstack(&stack, NULL) != 0) fail("sigaltstack");
  handle(SIGUSR1, onStart);
  const int ends[] = {SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGBUS};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) handle(ends[i], onEnd);
}

static void mapFixed(uint32_t address, size_t bytes, int protection, int flags, int file) {
  void *want = (void *)(uintptr_t)address;
  void *got = mmap(want, bytes, protection, flags | MAP_FIXED_NOREPLACE, file, 0);
  if (got != want) fail("mmap");
}

/* The code page is read-only for the snippet, as in vmexit; the harness writes it through a second mapping. */
static void setUpMemory(void) {
  mapFixed(WINDOW_ADDRESS, WINDOW_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  const int file = memfd_create("code", 0);
  if (file < 0 || ftruncate(file, CODE_BYTES) != 0) fail("memfd");
  writableCode = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (writableCode == MAP_FAILED) fail("mmap");
  memset(writableCode, INT3, CODE_BYTES);
  mapFixed(CODE_ADDRESS, CODE_BYTES, PROT_READ | PROT_EXEC, MAP_SHARED, file);
}

static void writeCode(void) {
  static uint32_t bytesBefore;
  uint8_t *const start = writableCode + (CODE_START - CODE_ADDRESS);
  if (current->codeBytes > MAX_CODE) exit(3);
  if (bytesBefore > current->codeBytes) memset(start + current->codeBytes, INT3, bytesBefore - current->codeBytes);
  memcpy(start, current->code, current->codeBytes);
  bytesBefore = current->codeBytes;
}

static void writeWindow(void) {
  memcpy(pristine, windowOf(current->windowSeed), WINDOW_BYTES);
  if (current->patchCount > MAX_PATCHES) exit(3);
  for (uint32_t i = 0; i < current->patchCount; i++) {
    if (current->patches[i].word >= WINDOW_WORDS) exit(3);
    pristine[current->patches[i].word] = current->patches[i].value;
  }
  memcpy(window, pristine, WINDOW_BYTES);
}

static void listChanges(void) {
  outcome.changedCount = 0;
  for (uint32_t i = 0; i < WINDOW_WORDS; i++) {
    if (window[i] == pristine[i]) continue;
    if (outcome.changedCount < MAX_CHANGES) outcome.changed[outcome.changedCount] = (struct patch){i, 0, window[i]};
    outcome.changedCount++;
  }
}

static const struct record *mapRecords(const char *path, size_t *count) {
  const int file = open(path, O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) fail(path);
  *count = (size_t)status.st_size / sizeof(struct record);
  const void *map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, file, 0);
  if (map == MAP_FAILED) fail("mmap");
  return map;
}

static void startTimer(void) {
  const struct itimerval timer = {.it_value = {.tv_usec = MICROSECONDS_TO_HANG}};
  if (setitimer(ITIMER_PROF, &timer, NULL) != 0) fail("setitimer");
}

static void run(pid_t process) {
  writeCode();
  writeWindow();
  readSelectors(outcome.selectors, is16);
  syscall(SYS_tgkill, process, process, SIGUSR1);
  listChanges();
  outcome.isDone = 1;
}

int main(int argumentCount, char **arguments) {
  if (argumentCount < 6) return 3;
  is16 = strcmp(arguments[4], "16") == 0;
  if (strcmp(arguments[5], "pinned") == 0) stayOnFirstProcessor();
  setUpSignals();
  setUpMemory();
  setUpSegments();
  size_t count;
  const struct record *records = mapRecords(arguments[1], &count);
  const int results = open(arguments[2], O_WRONLY);
  if (results < 0) fail(arguments[2]);
  const size_t first = strtoul(arguments[3], NULL, 10);
  const pid_t process = getpid();
  for (size_t i = first; i < count; i++) {
    if ((i - first) % RECORDS_PER_ALARM == 0) startTimer();
    current = &records[i];
    run(process);
    if (pwrite(results, &outcome, sizeof outcome, (off_t)(i * sizeof outcome)) != sizeof outcome) fail("pwrite");
  }
  return 0;
}
