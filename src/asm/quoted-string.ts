/** What is in a quoted string: bytes. Text is UTF-8; back quotes know C's escapes. */
import { Problem } from './diagnostics.js';

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  e: 27, // prettier-ignore
};
const ESCAPE = /\\(?:x([\da-fA-F]{1,2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([^]))|[^\\]+|\\$/gu;

const encoder = new TextEncoder();

/** @param text With its quotes. */
export function bytesOfString(text: string, column = 0): Uint8Array {
  const content = text.slice(1, -1);
  if (!text.startsWith('`')) return encoder.encode(content);
  const bytes: number[] = [];
  for (const [part, hex, short, long, octal, letter] of content.matchAll(ESCAPE)) {
    if (hex !== undefined) bytes.push(parseInt(hex, 16));
    else if (octal !== undefined) bytes.push(parseInt(octal, 8) & 0xff);
    else if (short !== undefined || long !== undefined) bytes.push(...codePoint(short ?? long ?? '', column));
    else if (letter !== undefined) bytes.push(...escaped(letter));
    else bytes.push(...encoder.encode(part));
  }
  return new Uint8Array(bytes);
}

function codePoint(hex: string, column: number): Uint8Array {
  const code = parseInt(hex, 16);
  if (code > 0x10ffff) throw new Problem('SYNTAX', `there is no character ${hex}h`, column);
  return encoder.encode(String.fromCodePoint(code));
}

function escaped(letter: string): Iterable<number> {
  const code = SIMPLE_ESCAPES[letter];
  return code === undefined ? encoder.encode(letter) : [code];
}

/** The number that a string is in an expression: its first character is the lowest byte. */
export function numberOfString(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = Math.min(bytes.length, 8) - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

/** A string that lexes to these characters. */
export function quoteString(content: string): string {
  const quote = ["'", '"', '`'].find((candidate) => !content.includes(candidate)) ?? '`';
  if (quote !== '`') return `${quote}${content}${quote}`;
  return `\`${content.replace(/[\\`]/g, '\\$&')}\``;
}
