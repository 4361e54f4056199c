/** What a load of CR3 drops: every translation, wherever in the TLB it is, and only then. */
import { expect, it } from 'vitest';
import { Activity } from '../../assembly/abi/stop.js';
import { assemble } from '../../src/asm/assemble.js';
import { CODE, Machine } from '../helpers/machine.js';

const PAGES = 1024;
const PAGE = 0x1000;
const PRESENT = 3n;
const DIRECTORY_POINTERS = 0x71000;
const DIRECTORY = 0x80000;
const TABLES = 0x81000;
const FIRST = 0x90000;
const SECOND = 0x91000;

/** Sums a word of each of 1,024 pages, which have an entry of the TLB each, then waits, loads CR3 and does it again. */
const PROGRAM = `
  bits 64
  again:
  mov esi, 40000000h
  mov ecx, ${PAGES}
  xor eax, eax
  next:
  add eax, [rsi]
  add esi, ${PAGE}
  loop next
  hlt
  mov rdx, cr3
  mov cr3, rdx
  jmp again`;

it.each([
  ['interpreted', { jit: false }],
  ['compiled', { hotThreshold: 6 }],
])('a load of CR3 drops all translations, and a store to the tables none, %s', async (_, options) => {
  const machine = (await Machine.create(1 << 20, options)).long();
  const { state, core } = machine;
  const { words } = core;
  const { bytes } = await assemble(PROGRAM, { origin: CODE });
  machine.load(bytes);
  const map = (page: number): void => {
    for (let i = 0; i < PAGES; i++) words.setBigUint64(TABLES + 8 * i, BigInt(page) | PRESENT, true);
  };
  words.setBigUint64(DIRECTORY_POINTERS + 8, BigInt(DIRECTORY) | PRESENT, true);
  words.setBigUint64(DIRECTORY, BigInt(TABLES) | PRESENT, true);
  words.setBigUint64(DIRECTORY + 8, BigInt(TABLES + PAGE) | PRESENT, true);
  words.setUint32(FIRST, 3, true);
  words.setUint32(SECOND, 5, true);
  const sum = (rip?: number): number => {
    state.set('activity', Activity.Running);
    if (rip !== undefined) state.setBig('rip', BigInt(rip));
    machine.run(10 * PAGES);
    return state.num('rax');
  };
  map(FIRST);
  expect(sum()).toBe(3 * PAGES);
  map(SECOND);
  // Stale translations are the architecture's; here all of them are still there, but for that of the code's own entry.
  expect(sum(CODE)).toBeLessThan(3 * PAGES + 8);
  for (const [page, value] of [
    [SECOND, 5],
    [FIRST, 3],
  ] as const) {
    map(page);
    expect(sum()).toBe(value * PAGES);
  }
});
