/** Accesses that are not where the longest run of pages is: compiled code finds the run that they are in. */
import { beforeEach, expect, it } from 'vitest';
import { hex } from '../decode/decoding.js';
import { CODE, Machine } from '../helpers/machine.js';

const MEMORY = 16 << 20;
const PAGE = 4096;
const DATA = 0x200000;
/** mov eax,[rsi]; add [rdi],eax; sub ecx,1; jnz; and then for ever: jmp $ */
const LOOP = '8b 06  01 07  83 e9 01  75 f7  eb fe';
const TURN = 4;
const TLB_ENTRY_BYTES = 32;
/** A turn between two searches for runs, and more. */
const INTERVAL = 1_000_000;
/** Turns in which a region leaves until it is compiled again. */
const TURNS = 2000;

let machine: Machine;
beforeEach(async () => {
  machine = await Machine.create(MEMORY, { hotThreshold: 10 });
  machine.long().load(hex(LOOP));
});

/** Times that compiled code has left an instruction for an access since it was asked last. */
function misses(): number {
  const { exports, bytes } = machine.core;
  const count = exports.MISSES_COUNT.value as number;
  const words = new Uint32Array(bytes.buffer, (exports.MISSES_ADDRESS.value as number) + 16, 4 * count);
  let missed = 0;
  for (let at = 2; at < words.length; at += 4) {
    if (words[at] !== 0) missed++;
    words[at] = 0;
  }
  return missed;
}

function loop(rsi: number, rdi: number, turns = TURNS): void {
  machine.state.setNum('rip', CODE);
  machine.state.setNum('rsi', rsi);
  machine.state.setNum('rdi', rdi);
  machine.state.setNum('rcx', turns);
  machine.run(TURN * turns);
}

/** Loads from a page of its own, after which the longest run is elsewhere. */
function prepare(): void {
  for (let page = 0; page < 8; page++) loop(DATA + page * PAGE, DATA + page * PAGE, 1);
  loop(CODE, DATA);
  machine.run(INTERVAL);
  loop(CODE, DATA);
}

/** Whether the TLB is asked while loads from the page of the code go on: its entry, which they do not need, is taken away. */
function asksTlb(): boolean {
  const { words } = machine.core;
  const entry = machine.state.get('tlbBank') + TLB_ENTRY_BYTES * (CODE / PAGE);
  const whole = new DataView(words.buffer);
  whole.setBigUint64(entry, -1n, true);
  loop(CODE, DATA);
  return whole.getBigInt64(entry, true) !== -1n;
}

it('serves constants beside the code and data elsewhere without a look at the TLB', () => {
  prepare();
  misses();
  loop(CODE, DATA);
  expect(misses()).toBe(0);
  expect(asksTlb()).toBe(false);
  machine.core.words.setUint32(DATA, 0, true);
  loop(CODE, DATA);
  const first = machine.core.words.getUint32(CODE, true);
  expect(machine.core.words.getUint32(DATA, true)).toBe(Math.imul(first, TURNS) >>> 0);
});

it('serves an access that goes to two runs by turns through the TLB', () => {
  prepare();
  for (let i = 0; i < 8; i++) {
    loop(DATA, DATA);
    loop(CODE, DATA);
  }
  misses();
  loop(DATA, DATA);
  loop(CODE, DATA);
  expect(misses()).toBe(0);
  expect(asksTlb()).toBe(true);
});
