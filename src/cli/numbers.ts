/** Numbers as people type them: 100000000, 1e8, 100M, 0x5f5e100, 7c00h. */
import { UsageError } from '../errors.js';

const DECIMAL_UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };
const BINARY_UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

const PAGE = 4096;
const LEAST_MEMORY = 2 ** 20;
const MOST_MEMORY = 2 ** 31;

/** A count of instructions or events: 10M is ten million. */
export function parseCount(option: string, text: string): number {
  return parse(option, text, DECIMAL_UNITS, 'a whole number such as 5000, 1e8 or 10M');
}

/** A size: 16M is 16 MiB. */
export function parseBytes(option: string, text: string): number {
  return parse(option, text.replace(/i?b$/i, ''), BINARY_UNITS, 'a size such as 16M or 0x1000000');
}

/** The memory of a guest: what createVm takes. */
export function parseMemory(option: string, text: string): number {
  const bytes = parseBytes(option, text);
  if (bytes >= LEAST_MEMORY && bytes <= MOST_MEMORY && bytes % PAGE === 0) return bytes;
  throw new UsageError(`${option} expects 1M to 2G in pages of 4 KiB, not ${JSON.stringify(text)}`);
}

/** An address: 0x7c00, 7c00h or 31744. */
export function parseAddress(option: string, text: string): number {
  const suffixed = /^([0-9][0-9a-f]*)h$/i.exec(text);
  const plain = suffixed ? `0x${suffixed[1]}` : text;
  return parse(option, plain, { '': 1 }, 'an address such as 0x7c00 or 7c00h');
}

function parse(
  option: string,
  text: string,
  units: Readonly<Record<string, number>>,
  expected: string,
): number {
  const value = /^0x[0-9a-f]+$/i.test(text) ? Number(text) : parseDecimal(text, units);
  if (Number.isSafeInteger(value)) return value;
  if (Number.isInteger(value) || value === Infinity)
    throw new UsageError(`${option} expects ${expected}, at most ${Number.MAX_SAFE_INTEGER}, not ${text}`);
  throw new UsageError(`${option} expects ${expected}, not ${JSON.stringify(text)}`);
}

function parseDecimal(text: string, units: Readonly<Record<string, number>>): number {
  const match = /^([0-9]+(?:\.[0-9]+)?(?:e[0-9]+)?)([a-z]?)$/i.exec(text);
  const unit = units[match?.[2]?.toLowerCase() ?? ''];
  return match && unit !== undefined ? Number(match[1]) * unit : NaN;
}
