/* Output through the debug console, port E9h. */
#include "console.h"

#include <stdarg.h>
#include <stdint.h>

#define DEBUG_CONSOLE 0xe9

static void put_char(char c) {
  __asm__ volatile("outb %0, %1" : : "a"(c), "Nd"((uint16_t)DEBUG_CONSOLE));
}

static void put_string(const char *s) {
  while (*s) put_char(*s++);
}

static void put_number(uint32_t value, unsigned base, unsigned width, char pad) {
  char digits[32];
  unsigned count = 0;
  do {
    digits[count++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value);
  for (; width > count; width--) put_char(pad);
  while (count) put_char(digits[--count]);
}

static void put_signed(int32_t value, unsigned width, char pad) {
  if (value < 0) put_char('-');
  put_number(value < 0 ? -(uint32_t)value : (uint32_t)value, 10, width, pad);
}

void print(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  for (; *format; format++) {
    if (*format != '%') {
      put_char(*format);
      continue;
    }
    char pad = *++format == '0' ? *format++ : ' ';
    unsigned width = *format >= '1' && *format <= '9' ? (unsigned)(*format++ - '0') : 0;
    switch (*format) {
      case 's': put_string(va_arg(arguments, const char *)); break;
      case 'c': put_char((char)va_arg(arguments, int)); break;
      case 'd': put_signed(va_arg(arguments, int32_t), width, pad); break;
      case 'u': put_number(va_arg(arguments, uint32_t), 10, width, pad); break;
      case 'x': put_number(va_arg(arguments, uint32_t), 16, width, pad); break;
      default: put_char(*format);
    }
  }
  va_end(arguments);
}
