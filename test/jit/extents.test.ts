/** Runs of pages that compiled code uses in place of the TLB: what they hold, and that they end with what the TLB knows. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Access } from '../../assembly/abi/access.js';
import { ExtentSlot, NO_EXTENT } from '../../assembly/abi/extent.js';
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
/** Of assembly/extents.ts: bytes of one, and where in it the bytes are at which accesses may begin. */
const EXTENT = 32;
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

/** The run for stores in a slot. */
function run(slot: number = ExtentSlot.Data): { first: number; pages: number } {
  const { bytes, exports } = machine.core;
  const number = ExtentSlot.Count + slot;
  const view = new DataView(bytes.buffer, (exports.EXTENTS_ADDRESS.value as number) + EXTENT * number);
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
    expect(run().pages).toBe(0);
  });

  it('is not used at another privilege', () => {
    machine.state.setNum('tlbBank', machine.state.num('tlbBank') + 1024 * 32);
    store(DATA, 1);
    expect(run().pages).not.toBe(3);
  });
});

describe('a run around an address that has been asked for', () => {
  const OTHER = 0x300000;
  const choose = (address: number): number =>
    machine.core.exports.chooseExtent(BigInt(address), Access.Write) >>> 0;
  beforeEach(() => store(OTHER, 2));

  it('is one that is there', () => {
    expect(choose(DATA + PAGE)).toBe(ExtentSlot.Data);
  });

  it('is looked for', () => {
    expect(choose(OTHER + PAGE)).toBe(ExtentSlot.Chosen);
    expect(run(ExtentSlot.Chosen)).toEqual({ first: OTHER, pages: 2 });
    expect(choose(OTHER)).toBe(ExtentSlot.Chosen);
  });

  it('grows', () => {
    choose(OTHER);
    store(OTHER + PAGE, 3);
    expect(run(ExtentSlot.Chosen)).toEqual({ first: OTHER, pages: 4 });
  });

  it('is looked for again where there was none', () => {
    expect(choose(OTHER + 8 * PAGE)).toBe(ExtentSlot.Chosen);
    expect(run(ExtentSlot.Chosen).pages).toBe(0);
    store(OTHER + 8 * PAGE, 1);
    machine.run(INTERVAL);
    store(DATA, 1);
    expect(run(ExtentSlot.Chosen)).toEqual({ first: OTHER + 8 * PAGE, pages: 1 });
  });

  it('takes the place of one that is not there, and of no other', () => {
    const places = [2, 4, 6, 8].map((page) => OTHER + page * PAGE);
    for (const place of places) store(place, 1);
    expect(places.slice(1).map(choose)).toEqual([2, 3, 4]);
    expect(choose(OTHER + 20 * PAGE)).toBe(5);
    expect(choose(places[0]!)).toBe(5);
    expect(choose(OTHER + 30 * PAGE)).toBe(NO_EXTENT);
  });
});

describe('a run at 4 GiB', () => {
  const END = 2 ** 32;

  /** Maps the 2 MiB on either side of it to memory that is one after another. */
  function mapBothSides(): void {
    const { words } = machine.core;
    const tables = 0x80000;
    const link = (at: number, to: number): void => words.setBigUint64(at, BigInt(to), true);
    link(0x71000 + 8 * 3, tables + 0x7);
    link(tables + 8 * 511, 0x400000 | 0xe7);
    link(0x71000 + 8 * 4, tables + 0x1007);
    link(tables + 0x1000, 0x600000 | 0xe7);
    machine.core.exports.flushTlb();
  }

  it('ends there: where addresses have 32 bits the next byte is at 0', () => {
    mapBothSides();
    store(END - 2 * PAGE, 4);
    machine.run(INTERVAL);
    store(END - 2 * PAGE, 4);
    expect(run().pages).toBe(2);
  });

  it('does not grow past it', () => {
    mapBothSides();
    store(END - 2 * PAGE, 2);
    machine.run(INTERVAL);
    store(END - 2 * PAGE, 2);
    store(END - PAGE, 2);
    expect(run()).toEqual({ first: END - 2 * PAGE, pages: 2 });
  });
});
