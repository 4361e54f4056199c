/** Runs of pages that compiled code uses in place of the TLB: what they hold, and that they end with what the TLB knows. */
import { beforeEach, describe, expect, it } from 'vitest';
import { hex } from '../decode/decoding.js';
import { CODE, Machine } from '../helpers/machine.js';

const MEMORY = 16 << 20;
const PAGE = 4096;
const DATA = 0x200000;
/** Pages 4 MiB apart share an entry of the TLB. */
const CONFLICT = 4 << 20;
/** A store to each page: mov [rdi],eax; add rdi,4096; sub ecx,1; jnz; and then for ever: jmp $ */
const LOOP = '89 07  48 81 c7 00 10 00 00  83 e9 01  75 f2  eb fe';
const TURN = 4;
/** Of assembly/extents.ts: that for stores of data, and where in it the bytes are at which accesses may begin. */
const STORES = 2 * 24;
const STARTS = 8;
const LONGEST_ACCESS = 32;
/** More instructions than between two searches. */
const INTERVAL = 1_000_000;

let machine: Machine;
beforeEach(async () => {
  machine = await Machine.create(MEMORY, { hotThreshold: 1 });
  machine.long().load(hex(LOOP));
  store(DATA, 3);
  // Runs are looked for now and then, when compiled code is entered.
  machine.run(INTERVAL);
  store(DATA, 3);
});

function store(at: number, pages: number): void {
  machine.state.setNum('rip', CODE);
  machine.state.setNum('rdi', at);
  machine.state.setNum('rcx', pages);
  machine.run(TURN * pages);
}

function run(): { first: number; pages: number } {
  const { bytes, exports } = machine.core;
  const view = new DataView(bytes.buffer, (exports.EXTENTS_ADDRESS.value as number) + STORES);
  const starts = Number(view.getBigUint64(STARTS, true));
  return {
    first: Number(view.getBigUint64(0, true)),
    pages: starts === 0 ? 0 : (starts + LONGEST_ACCESS - 1) / PAGE,
  };
}

describe('a run of pages', () => {
  it('holds those that were stored to', () => {
    expect(run()).toEqual({ first: DATA, pages: 3 });
  });

  it('grows at its end', () => {
    store(DATA + 2 * PAGE, 3);
    expect(run()).toEqual({ first: DATA, pages: 5 });
  });

  it('is kept when something else is stored to', () => {
    store(DATA + 100 * PAGE, 1);
    expect(run()).toEqual({ first: DATA, pages: 3 });
  });

  it('ends when a page leaves the TLB', () => {
    store(DATA + CONFLICT + PAGE, 1);
    expect(run().pages).toBe(0);
  });

  it('ends when the TLB is flushed', () => {
    machine.core.exports.flushTlb();
    expect(run().pages).toBe(0);
  });

  it('ends when the host has put other translations into the TLB', () => {
    machine.core.exports.translationsReplaced();
    expect(run().pages).toBe(0);
  });

  it('ends when pages become clean, as for a checkpoint', () => {
    machine.core.exports.protectPages();
    expect(run().pages).toBe(0);
  });

  it('ends when code is found in a page', () => {
    machine.core.write(DATA + PAGE, Uint8Array.of(0x90, 0xeb, 0xfd));
    machine.state.setNum('rip', DATA + PAGE);
    machine.run(2);
    // Before this code was entered, compiled, runs were looked for again.
    expect(run()).toEqual({ first: DATA, pages: 1 });
  });

  it('is not used at another privilege', () => {
    machine.state.setNum('tlbBank', machine.state.num('tlbBank') + 1024 * 32);
    store(DATA, 1);
    expect(run().pages).not.toBe(3);
  });
});
