/** Numbers as people type them. */
import { expect, it } from 'vitest';
import { parseAddress, parseBytes, parseCount } from '../../src/cli/numbers.js';
import { UsageError } from '../../src/errors.js';

it.each([
  ['0', 0],
  ['5000', 5000],
  ['1e8', 1e8],
  ['1.5e3', 1500],
  ['10M', 10_000_000],
  ['3k', 3000],
  ['0x10', 16],
])('a count: %s', (text, value) => {
  expect(parseCount('--n', text)).toBe(value);
});

it.each([
  ['16M', 16 * 2 ** 20],
  ['16MiB', 16 * 2 ** 20],
  ['1G', 2 ** 30],
  ['0x100000', 2 ** 20],
])('a size: %s', (text, value) => {
  expect(parseBytes('--memory', text)).toBe(value);
});

it.each([
  ['0x7c00', 0x7c00],
  ['7c00h', 0x7c00],
  ['7C00H', 0x7c00],
  ['31744', 31744],
])('an address: %s', (text, value) => {
  expect(parseAddress('--load', text)).toBe(value);
});

it.each([
  '',
  ' ',
  '-1',
  '1.5',
  'many',
  '0x',
  '1e',
  '1e400',
  '5T',
  '1 000',
  '99999999999999999999',
  'NaN',
  'Infinity',
])('no number: %j', (text) => {
  expect(() => parseCount('--nmis', text)).toThrow(UsageError);
  expect(() => parseCount('--nmis', text)).toThrow(`--nmis expects a whole number`);
});
