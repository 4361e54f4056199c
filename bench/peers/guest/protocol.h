/* What an image and a native program print, for the host to take the time of. */
#pragma once

/* Provided by whoever includes protocol.c. */
void put_char(char c);

/*
 * Prints START before the first call of the kernel, its checksum after it, in eight hexadecimal digits, and then a
 * mark for every call: '.', or '!' if the checksum is another one. Never returns.
 */
enum { START = 2 };
void run_kernel(void) __attribute__((noreturn));
