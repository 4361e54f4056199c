/**
 * The wall around a guest: whatever it executes, and whatever its page tables say, no cached translation leads outside
 * of physical memory, nothing throws, and every run ends when it should.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { Stop } from '../../assembly/abi/stop.js';
import { CODE, Machine } from '../helpers/machine.js';

const MEMORY_BYTES = 1 << 20;
const PAGE = 4096;
const INSTRUCTIONS = 400;
const ROUNDS = 150;
const SEED = 20261122;
/** CR0.PG, CR0.WP and CR0.PE. */
const PAGING = 0x80010001n;
const INVALID_TAG = 0xffffffff;

/** xorshift32: the same bytes on every machine. */
function randomBytes(seed: number): (count: number) => Uint8Array {
  let x = seed | 1;
  const next = () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x & 0xff;
  };
  return (count) => Uint8Array.from({ length: count }, next);
}

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create(MEMORY_BYTES);
});

/** Pages, as offsets in physical memory, that entries of the TLB lead to. */
function cachedPages(): number[] {
  const { exports, bytes, state } = machine.core;
  const view = new DataView(bytes.buffer);
  const { TLB_ADDRESS, TLB_BYTES, TLB_ENTRY_BYTES, TLB_ENTRY_ADDEND } = exports;
  const pages: number[] = [];
  for (
    let entry = TLB_ADDRESS.value;
    entry < TLB_ADDRESS.value + TLB_BYTES.value;
    entry += TLB_ENTRY_BYTES.value
  ) {
    // Three tags of 64 bits: reads, writes, fetches.
    for (const tag of [0, 8, 16]) {
      const low = view.getUint32(entry + tag, true);
      if (low === INVALID_TAG) continue;
      const linear = low & ~(PAGE - 1);
      const host = (linear + view.getUint32(entry + TLB_ENTRY_ADDEND.value, true)) >>> 0;
      pages.push(host - state.get('memoryBase'));
    }
  }
  return pages;
}

function runWild(): void {
  const before = machine.state.num('clock');
  const stop = machine.run(INSTRUCTIONS);
  expect(Stop[stop]).toMatch(/^(Budget|Halted|Shutdown|Unimplemented|Boundary)$/);
  expect(machine.state.num('clock') - before).toBeLessThanOrEqual(INSTRUCTIONS);
  const isOutside = (page: number) => page % PAGE !== 0 || page < 0 || page >= MEMORY_BYTES;
  expect(cachedPages().filter(isOutside)).toEqual([]);
}

describe(`random bytes as code (seed ${SEED})`, () => {
  it.each([
    ['real mode', () => machine.real()],
    ['32-bit protected mode', () => machine.flat32()],
    ['32-bit protected mode, CPL 3', () => machine.flat32(3)],
    ['64-bit mode', () => machine.long()],
    ['64-bit mode, CPL 3', () => machine.long(3)],
  ])('stay inside in %s', (_mode, enter) => {
    const bytes = randomBytes(SEED);
    for (let round = 0; round < ROUNDS; round++) {
      enter();
      machine.core.write(0, bytes(0x8000));
      machine.load(bytes(2048), CODE + (round % 16));
      runWild();
    }
  });

  it.each([
    ['32-bit', 0n],
    ['PAE', 0x20n],
  ])('stay inside under random %s page tables', (_format, cr4) => {
    const bytes = randomBytes(SEED + 1);
    for (let round = 0; round < ROUNDS; round++) {
      machine.flat32();
      machine.core.write(0, bytes(0x40000));
      machine.state.setBig('cr4', cr4);
      machine.state.setBig('cr0', PAGING);
      machine.state.setBig('cr3', BigInt(round * PAGE));
      machine.core.exports.updateMode();
      machine.state.setNum(
        'rip',
        bytes(4).reduce((sum, byte) => sum * 256 + byte, 0),
      );
      runWild();
    }
  });

  it('stay inside under random 4-level page tables', () => {
    const bytes = randomBytes(SEED + 2);
    for (let round = 0; round < ROUNDS; round++) {
      machine.long();
      machine.core.write(0, bytes(0x60000));
      machine.state.setBig('cr3', BigInt((round % 96) * PAGE));
      machine.core.exports.flushTlb();
      machine.state.setNum(
        'rip',
        bytes(5).reduce((sum, byte) => sum * 256 + byte, 0),
      );
      runWild();
    }
  });
});

it('finds entries to look at', () => {
  // mov [0x2000], eax; mov eax, [0x3000]; jmp $
  machine.long().load([0x89, 0x04, 0x25, 0, 0x20, 0, 0, 0x8b, 0x04, 0x25, 0, 0x30, 0, 0, 0xeb, 0xfe]);
  machine.run(10);
  const pages = new Set(cachedPages());
  expect([...pages].sort((a, b) => a - b)).toEqual([0x1000, 0x2000, 0x3000]);
});
