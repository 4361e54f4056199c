/** SHA-1 and SHA-256 by their instructions, against Node's: every instruction has a part in the digest. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { hex } from '../../decode/decoding.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';
import { enableVectors, setVector, xmm } from '../../helpers/vector-registers.js';

const SHA1NEXTE = '0f38c8ca';
const SHA1MSG1 = '0f38c9ca';
const SHA1MSG2 = '0f38caca';
const SHA256RNDS2 = '0f38cbca';
const SHA256MSG1 = '0f38ccca';
const SHA256MSG2 = '0f38cdca';

/** Four words; the first is bits 31:0. */
type Words = readonly [number, number, number, number];

const machine = enableVectors(await Machine.create());

/** XMM1 after `instruction` on XMM1 and XMM2. */
function run(instruction: string, xmm1: Words, xmm2: Words): Words {
  setVector(machine, 1, digitsOf(xmm1));
  setVector(machine, 2, digitsOf(xmm2));
  expect(outcomeOf(machine, [...hex(instruction)])).toBe('completed');
  const words = (xmm(machine, 1).match(/.{8}/g) ?? []).map((word) => parseInt(word, 16));
  return [words[3] ?? 0, words[2] ?? 0, words[1] ?? 0, words[0] ?? 0];
}

function digitsOf(words: Words): string {
  return words.map(wordDigits).reverse().join('');
}

function wordDigits(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

function combine(a: Words, b: Words, how: (a: number, b: number) => number): Words {
  return [how(a[0], b[0]), how(a[1], b[1]), how(a[2], b[2]), how(a[3], b[3])];
}

function add(a: Words, b: Words): Words {
  return combine(a, b, (x, y) => (x + y) >>> 0);
}

function reversed([a, b, c, d]: Words): Words {
  return [d, c, b, a];
}

/** The one block of a message of less than 56 bytes, four words at a time. */
function blockOf(message: string): Words[] {
  const block = new DataView(new ArrayBuffer(64));
  [...message].forEach((letter, i) => block.setUint8(i, letter.charCodeAt(0)));
  block.setUint8(message.length, 0x80);
  block.setUint32(60, message.length * 8);
  const word = (i: number) => block.getUint32(i * 4);
  return [0, 4, 8, 12].map((i) => [word(i), word(i + 1), word(i + 2), word(i + 3)]);
}

/** Element `i` of a schedule, counted back from its end where negative. */
function at(schedule: readonly Words[], i: number): Words {
  return schedule.at(i) ?? [0, 0, 0, 0];
}

function sha1(message: string): string {
  const schedule = blockOf(message).map(reversed);
  while (schedule.length < 20) {
    const mixed = combine(
      run(SHA1MSG1, at(schedule, -4), at(schedule, -3)),
      at(schedule, -2),
      (x, y) => x ^ y,
    );
    schedule.push(run(SHA1MSG2, mixed, at(schedule, -1)));
  }
  const start: Words = [0x10325476, 0x98badcfe, 0xefcdab89, 0x67452301];
  const e: Words = [0, 0, 0, 0xc3d2e1f0];
  let state = start;
  let words = add(e, at(schedule, 0));
  let before = start;
  for (let i = 0; i < 20; i++) {
    if (i > 0) words = run(SHA1NEXTE, before, at(schedule, i));
    before = state;
    state = run(`0f3accca0${Math.floor(i / 5)}`, state, words);
  }
  return digitsOf(add(state, start)) + wordDigits(run(SHA1NEXTE, before, e)[3]);
}

/** FIPS 180-4 §4.2.2: the fractional parts of the cube roots of the first 64 primes. */
function constants(): Words[] {
  const words = primes(64).map((prime) => fraction(Math.cbrt(prime)));
  return Array.from({ length: 16 }, (_, i) => words.slice(i * 4, i * 4 + 4) as unknown as Words);
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

function fraction(value: number): number {
  return Math.floor((value % 1) * 2 ** 32);
}

function sha256(message: string): string {
  const schedule = blockOf(message);
  while (schedule.length < 16) {
    const [previous, before] = [at(schedule, -1), at(schedule, -2)];
    const shifted: Words = [before[1], before[2], before[3], previous[0]];
    const mixed = add(run(SHA256MSG1, at(schedule, -4), at(schedule, -3)), shifted);
    schedule.push(run(SHA256MSG2, mixed, previous));
  }
  const [a, b, c, d, e, f, g, h] = primes(8).map((prime) => fraction(Math.sqrt(prime))) as [
    ...Words,
    ...Words,
  ];
  const start: [abef: Words, cdgh: Words] = [
    [f, e, b, a],
    [h, g, d, c],
  ];
  let [abef, cdgh] = start;
  constants().forEach((constant, i) => {
    const [w0, w1, w2, w3] = add(at(schedule, i), constant);
    for (const pair of [
      [w0, w1],
      [w2, w3],
    ] as const) {
      setVector(machine, 0, digitsOf([...pair, 0, 0]));
      [abef, cdgh] = [run(SHA256RNDS2, cdgh, abef), abef];
    }
  });
  const [first, second] = [add(abef, start[0]), add(cdgh, start[1])];
  const order = [first[3], first[2], second[3], second[2], first[1], first[0], second[1], second[0]];
  return order.map(wordDigits).join('');
}

it.each(['', 'abc', 'a message that fills most of one block, 55 bytes in all'])('digests "%s"', (message) => {
  const digest = (name: string) => createHash(name).update(message, 'latin1').digest('hex');
  expect(sha1(message)).toBe(digest('sha1'));
  expect(sha256(message)).toBe(digest('sha256'));
});
