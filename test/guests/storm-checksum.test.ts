/** nmi-storm's checksum, worked out from its description instead of by its code. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const ROUNDS = 150_000;
const SEED = 0x9e37_79b9_7f4a_7c15n;
const TABLE_WORDS = 32;
const COPY_PERIOD = 1024;

const u64 = (value: bigint) => BigInt.asUintN(64, value);
const rotate = (value: bigint, bits: bigint) => u64(value << bits) | (value >> (64n - bits));

function xorshift64(state: bigint): bigint {
  const a = state ^ u64(state << 13n);
  const b = a ^ (a >> 7n);
  return b ^ u64(b << 17n);
}

function stormChecksum(): number {
  const table = new Array<bigint>(TABLE_WORDS).fill(0n);
  let random = SEED;
  let [low, high, mixed] = [0n, 0n, 1n];
  for (let left = ROUNDS; left > 0; left--) {
    random = xorshift64(random);
    const sum = low + random;
    low = u64(sum);
    high = u64(high + mixed + (sum >> 64n));
    mixed = rotate(mixed, 5n) ^ low;
    table[left % TABLE_WORDS] = mixed;
    if (left % COPY_PERIOD === 0)
      high = table.reduceRight((fold, word) => rotate(u64(fold + word), 1n), high);
  }
  const folded = low ^ high ^ mixed;
  return Number((folded ^ (folded >> 32n)) & 0xffff_ffffn);
}

it('is the constant that the guest verifies', () => {
  const source = readFileSync('guests/nmi-storm.asm', 'utf8');
  const constant = /^CHECKSUM\s+equ ([0-9A-F]+)h/m.exec(source)?.[1];
  expect(parseInt(constant ?? '', 16)).toBe(stormChecksum());
});
