/** Random page tables and controls against the rules of APM vol 2 §5.6 and §8.4.2, written as sets. */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { Cr0, Cr4, Efer, PageFault, Rflags } from '../../assembly/abi/processor-bits.js';
import { Stop } from '../../assembly/abi/stop.js';
import { Vector } from '../../assembly/abi/vector.js';
import { CODE, Machine } from '../helpers/machine.js';
import { PageTables, type Format } from '../helpers/page-tables.js';

const TABLES = 0x10_0000;
/** The only address under the second entry of the root, in every format. */
const TARGET: Record<Format, number> = { legacy: 0x4080_0000, pae: 0x4080_0000, long: 0x80_4080_0000 };
const PAGE = 0x5000n;
const [P, W, U, A, D, NX] = [1n, 2n, 4n, 0x20n, 0x40n, 1n << 63n] as const;
/** Reserved in every entry of PAE and long mode: an address bit above the 48 that exist. */
const BIT_50 = 1n << 50n;

type Access = 'read' | 'write' | 'fetch';
const CODE_OF: Record<Access, readonly number[]> = {
  read: [0x8a, 0x03], // MOV AL, [rBX]
  write: [0x88, 0x03], // MOV [rBX], AL
  fetch: [0xff, 0xe3], // JMP rBX
};

interface Walk {
  readonly format: Format;
  readonly access: Access;
  readonly isUser: boolean;
  readonly wp: boolean;
  readonly nxe: boolean;
  readonly smep: boolean;
  readonly smap: boolean;
  readonly ac: boolean;
  /** Bits of the entries on the way, the leaf's last; all but the address. */
  readonly entries: readonly bigint[];
}

const LEVELS: Record<Format, number> = { legacy: 2, pae: 3, long: 4 };

/** Mostly good entries: each bit is wrong seldom, so that walks end everywhere. */
const bit = (value: bigint, goodWeight: number) =>
  fc.oneof({ weight: goodWeight, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constant(0n) });
const badBit = (value: bigint) => bit(0n, 12).chain((none) => fc.constantFrom(none, none, none, value));
const entry = fc
  .tuple(bit(P, 12), bit(W, 3), bit(U, 2), bit(NX, 1), badBit(BIT_50), fc.constantFrom(0n, A))
  .map((bits) => bits.reduce((all, one) => all | one, 0n));

const walks: fc.Arbitrary<Walk> = fc
  .record({
    format: fc.constantFrom<Format>('legacy', 'pae', 'long'),
    access: fc.constantFrom<Access>('read', 'write', 'fetch'),
    isUser: fc.boolean(),
    wp: fc.boolean(),
    nxe: fc.boolean(),
    smep: fc.boolean(),
    smap: fc.boolean(),
    ac: fc.boolean(),
    entries: fc.array(entry, { minLength: 4, maxLength: 4 }),
  })
  .map((walk) => ({ ...walk, entries: entriesFor(walk.format, walk.nxe, walk.entries) }));

/** What an entry can hold: 32 bits in legacy tables, no rights in PDPTEs; NX seldom where it is reserved. */
function entriesFor(format: Format, nxe: boolean, entries: readonly bigint[]): bigint[] {
  return entries.slice(0, LEVELS[format]).map((bits, index) => {
    if (format === 'legacy') return bits & 0xffff_ffffn;
    if (format === 'pae' && index === 0) return bits & ~(W | U | A | NX);
    return nxe ? bits : bits & ~NX;
  });
}

/** Error code of the #PF, or undefined if the access is allowed. */
function expectedFault(walk: Walk): number | undefined {
  const { access, isUser } = walk;
  const reportsFetch = walk.smep || (walk.nxe && walk.format !== 'legacy');
  const code =
    (access === 'write' ? PageFault.Write : 0) |
    (isUser ? PageFault.User : 0) |
    (access === 'fetch' && reportsFetch ? PageFault.Fetch : 0);
  for (const entry of walk.entries) {
    if ((entry & P) === 0n) return code;
    if ((entry & BIT_50) !== 0n) return code | PageFault.Present | PageFault.Reserved;
  }
  return isDenied(walk) ? code | PageFault.Present : undefined;
}

function isDenied(walk: Walk): boolean {
  const { access, isUser } = walk;
  const ruling = walk.format === 'pae' ? walk.entries.slice(1) : walk.entries;
  const isUserPage = ruling.every((entry) => (entry & U) !== 0n);
  const isWritable = ruling.every((entry) => (entry & W) !== 0n);
  const isNoExecute = ruling.some((entry) => (entry & NX) !== 0n);
  if (isUser && !isUserPage) return true;
  if (access === 'write' && !isWritable && (isUser || walk.wp)) return true;
  if (access === 'fetch' && isNoExecute) return true;
  if (access === 'fetch') return walk.smep && !isUser && isUserPage;
  return walk.smap && !isUser && isUserPage && !walk.ac;
}

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create(2 << 20);
});

/** Sets the processor up for a walk. Returns what reads the entries on its way, from the root's. */
function start(walk: Walk): () => bigint[] {
  const { format, isUser } = walk;
  if (format === 'long') machine.long(isUser ? 3 : 0);
  else machine.flat32(isUser ? 3 : 0);
  const { state } = machine;
  const tables = new PageTables(machine.core.words, format, TABLES);
  tables.map(CODE, BigInt(CODE) | P | (isUser ? U : 0n));
  tables.map(TARGET[format], PAGE);
  const slots = walk.entries.map((_, index) => tables.slot(TARGET[format], LEVELS[format] - index));
  // All slots are found before any entry can be spoiled.
  const addresses = slots.map((slot) => tables.read(slot) & 0xffff_f000n);
  walk.entries.forEach((bits, index) => tables.write(slots[index]!, addresses[index]! | bits));
  state.setBig('cr0', BigInt((Cr0.Pg >>> 0) + Cr0.Pe + (walk.wp ? Cr0.Wp : 0)));
  state.setBig('cr3', BigInt(TABLES));
  const modeBits = format === 'legacy' ? 0 : Cr4.Pae;
  state.setBig('cr4', BigInt(modeBits | (walk.smep ? Cr4.Smep : 0) | (walk.smap ? Cr4.Smap : 0)));
  state.setBig('efer', BigInt((format === 'long' ? Efer.Lme | Efer.Lma : 0) | (walk.nxe ? Efer.Nxe : 0)));
  state.set('inGuest', 1);
  state.set('intercepts2', 1 << Vector.Pf);
  machine.core.exports.flushTlb();
  machine.rflags = BigInt(Rflags.Always1 | (walk.ac ? Rflags.Ac : 0));
  return () => slots.map((slot) => tables.read(slot));
}

it('faults, error codes, accessed and dirty bits agree', () => {
  let allowed = 0;
  fc.assert(
    fc.property(walks, (walk) => {
      const readEntries = start(walk);
      const before = readEntries();
      machine.core.memory[Number(PAGE)] = 0x90;
      machine.load(CODE_OF[walk.access]);
      machine.state.setNum('rbx', TARGET[walk.format]);
      const stop = machine.run(walk.access === 'fetch' ? 2 : 1);
      const fault = expectedFault(walk);
      const after = readEntries();
      if (fault !== undefined) {
        expect(stop).toBe(Stop.Exit);
        expect(machine.state.num('exitCode')).toBe(ExitCode.Exception0 + Vector.Pf);
        expect(machine.state.num('exitInfo1')).toBe(fault);
        expect(machine.state.num('exitInfo2')).toBe(TARGET[walk.format]);
        expect(after).toEqual(before);
        return;
      }
      allowed++;
      expect(stop).toBe(Stop.Budget);
      const isLeaf = (index: number) => index === walk.entries.length - 1;
      const isPdpte = (index: number) => walk.format === 'pae' && index === 0;
      expect(after).toEqual(
        before.map((entry, index) => {
          if (isPdpte(index)) return entry;
          return entry | A | (isLeaf(index) && walk.access === 'write' ? D : 0n);
        }),
      );
    }),
    { numRuns: 4000, seed: 3 },
  );
  expect(allowed, 'the generator reaches both outcomes').toBeGreaterThan(400);
});
