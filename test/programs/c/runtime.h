/* What the programs have instead of a C library. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Of guest.c and linux.c: where the bytes of the output go. */
void put_char(char c);

void put_text(const char *text);
/* 16 digits, or as many as there are bytes of the representation. */
void put_hex(uint64_t value);
void put_bytes(const void *bytes, size_t count);
void put_number(uint64_t value);

/* FNV-1a over bytes; `hash` is what came before. */
#define HASH_START 0xcbf29ce484222325u
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count);

/* xorshift32 (Marsaglia 2003). */
uint32_t random_next(uint32_t *state);

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int byte, size_t count);
int memcmp(const void *a, const void *b, size_t count);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);

/* The programs, in the order in which `run_programs` runs them. */
void run_lz(void);
void run_sha(void);
void run_json(void);
void run_float(void);
void run_bytecode(void);
void run_sort(void);
void run_bignum(void);
void run_programs(void);
