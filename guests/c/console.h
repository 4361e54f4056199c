/* Output through the debug console, port E9h. */
#pragma once

/* printf with %s, %c, %d, %u and %x; '0' and a width of one digit may stand before the letter. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
