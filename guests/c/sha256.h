/* SHA-256 (FIPS 180-4). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA256_WORDS 8

/* Writes the digest of `length` bytes as eight words, most significant first. */
void sha256(const uint8_t *message, size_t length, uint32_t digest[SHA256_WORDS]);
