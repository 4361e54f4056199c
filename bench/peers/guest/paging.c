/*
 * Page-table-heavy access: reads and writes at random in 64 MiB of 4 KiB pages, far more than a TLB holds, with a
 * new address space every so often. The pages share 4 MiB of memory.
 */
#include "kernel.h"

enum { PAGE = 4096, PAGES = 16384, FRAMES = 1024, PRESENT_WRITABLE = 3, LARGE = 0x80 };
/* Accesses between two loads of CR3. */
enum { SWITCH_AFTER = 1024 };
/* Where the window is: above all memory that the image has mapped to itself. */
#define WINDOW ((size_t)0x40000000)

static uint8_t frames[FRAMES][PAGE] __attribute__((aligned(PAGE)));

static size_t read_cr3(void) {
  size_t value;
  __asm__ volatile("mov %%cr3, %0" : "=r"(value));
  return value;
}

static void write_cr3(size_t value) { __asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory"); }

static size_t tables[PAGES] __attribute__((aligned(PAGE)));

static void fill_tables(void) {
  for (size_t i = 0; i < PAGES; i++) tables[i] = (size_t)frames[i * 7 % FRAMES] | PRESENT_WRITABLE;
}

#ifdef __x86_64__
enum { ENTRIES = 512 };

static size_t directory[ENTRIES] __attribute__((aligned(PAGE)));

/* start.asm maps the first GiB; the window is the second. */
static void map_window(void) {
  size_t *pml4 = (size_t *)read_cr3();
  size_t *pdpt = (size_t *)(pml4[0] & -(size_t)PAGE);
  for (size_t i = 0; i < PAGES / ENTRIES; i++) directory[i] = (size_t)&tables[i * ENTRIES] | PRESENT_WRITABLE;
  pdpt[1] = (size_t)directory | PRESENT_WRITABLE;
  write_cr3((size_t)pml4);
}
#else
enum { ENTRIES = 1024, LARGE_PAGE_SHIFT = 22, CR4_PSE = 0x10 };
#define CR0_PG 0x80000000u

static size_t directory[ENTRIES] __attribute__((aligned(PAGE)));

/* Turns paging on: large pages that map the first GiB to itself, and the window. */
static void map_window(void) {
  const size_t first = WINDOW >> LARGE_PAGE_SHIFT;
  for (size_t i = 0; i < first; i++) directory[i] = i << LARGE_PAGE_SHIFT | LARGE | PRESENT_WRITABLE;
  for (size_t i = 0; i < PAGES / ENTRIES; i++) directory[first + i] = (size_t)&tables[i * ENTRIES] | PRESENT_WRITABLE;
  size_t value;
  __asm__ volatile("mov %%cr4, %0" : "=r"(value));
  __asm__ volatile("mov %0, %%cr4" : : "r"(value | CR4_PSE));
  write_cr3((size_t)directory);
  __asm__ volatile("mov %%cr0, %0" : "=r"(value));
  __asm__ volatile("mov %0, %%cr0" : : "r"(value | CR0_PG) : "memory");
}
#endif

uint32_t kernel(uint32_t iterations) {
  static int is_mapped;
  if (!is_mapped) {
    fill_tables();
    map_window();
    is_mapped = 1;
  }
  for (size_t i = 0; i < FRAMES; i++) *(uint32_t *)frames[i] = (uint32_t)i;
  uint32_t state = 1, checksum = 0;
  for (uint32_t i = 0; i < iterations; i++) {
    if (i % SWITCH_AFTER == 0) write_cr3(read_cr3());
    uint32_t *word = (uint32_t *)(WINDOW + (size_t)(next_random(&state) >> 18) * PAGE);
    checksum = mix(checksum, *word);
    *word += i;
  }
  return checksum;
}
