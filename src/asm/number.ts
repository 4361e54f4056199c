/** Numbers as NASM writes them: 0x1F, 1Fh, $1F, 0b101, 101b, 17q, 0d10, 1_000. */

const DIGITS_OF: Readonly<Record<string, number>> = {
  x: 16,
  h: 16,
  d: 10,
  t: 10,
  o: 8,
  q: 8,
  b: 2,
  y: 2, // prettier-ignore
};

/** The number that `text` spells; undefined if it spells none. */
export function parseNumber(text: string): bigint | undefined {
  const lower = text.toLowerCase().replaceAll('_', '');
  const first = lower[0] ?? '';
  if (first === '$') return inRadix(lower.slice(1), 16);
  const prefix = DIGITS_OF[lower[1] ?? ''];
  // 0b1h is hexadecimal, 0d12 decimal, 0b a binary 0.
  if (first === '0' && prefix !== undefined && lower.length > 2) {
    const number = inRadix(lower.slice(2), prefix);
    if (number !== undefined) return number;
  }
  const suffix = DIGITS_OF[lower.at(-1) ?? ''];
  if (suffix !== undefined) return inRadix(lower.slice(0, -1), suffix);
  return inRadix(lower, 10);
}

/** Whether a number token is one of a float: it has a point, an exponent, or is hexadecimal with a binary exponent. */
export function isFloatText(text: string): boolean {
  if (/^0[xh]/i.test(text)) return /[.p]/i.test(text);
  if (text.startsWith('$') || /h$/i.test(text)) return false;
  return /\.|^\d[\d_]*e[+-]?\d/i.test(text);
}

function inRadix(digits: string, radix: number): bigint | undefined {
  if (!RADIX_DIGITS[radix]?.test(digits)) return undefined;
  if (radix === 10) return BigInt(digits);
  return BigInt(`${RADIX_PREFIX[radix] ?? ''}${digits}`);
}

const RADIX_DIGITS: Readonly<Record<number, RegExp>> = {
  2: /^[01]+$/,
  8: /^[0-7]+$/,
  10: /^\d+$/,
  16: /^[\da-f]+$/,
};
const RADIX_PREFIX: Readonly<Record<number, string>> = { 2: '0b', 8: '0o', 16: '0x' };
