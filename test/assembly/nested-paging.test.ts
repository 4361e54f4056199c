/** Guest-physical to system-physical translation and what its faults report (APM vol 2 §15.25). */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { Cr0, Cr4, Efer, PageFault } from '../../assembly/abi/processor-bits.js';
import { Stop } from '../../assembly/abi/stop.js';
import { Vector } from '../../assembly/abi/vector.js';
import { CODE, Machine } from '../helpers/machine.js';
import { A, ALL, D, type Format, NX, P, PageTables, PS, U, W } from '../helpers/page-tables.js';

const MEMORY = 8 << 20;
/** Guest-physical memory that the nested tables map: the guest's tables are in it, the nested ones above. */
const GUEST_MEMORY = 0x20_0000;
const GUEST_TABLES = 0x10_0000;
const NESTED_TABLES = 0x30_0000;
/** Guest-linear address of the tests, and the guest-physical page behind it. */
const TARGET = 0x4080_0000;
const PAGE = 0x5000;

const READ = [0x8a, 0x03];
const WRITE = [0x88, 0x03];
const JUMP = [0xff, 0xe3];

/** EXITINFO1 bits that say which access the nested walk was for (§15.25.6). */
const FINAL = 2 ** 32;
const TABLE = 2 ** 33;
const { Present, Write, User, Reserved, Fetch } = PageFault;

let machine: Machine;
let nested: PageTables;
beforeAll(async () => {
  machine = await Machine.create(MEMORY);
});

function startNested(format: Format, host: { cr4?: number; efer?: number } = {}): void {
  const { state } = machine;
  nested = new PageTables(machine.core.words, format, NESTED_TABLES);
  nested.mapIdentity(GUEST_MEMORY, ALL);
  state.set('inGuest', 1);
  state.set('intercepts2', 1 << Vector.Pf);
  state.set('nestedPaging', 1);
  state.setBig('nestedCr3', BigInt(NESTED_TABLES));
  state.setBig('hostCr4', BigInt((format === 'legacy' ? 0 : Cr4.Pae) | (host.cr4 ?? 0)));
  state.setBig('hostEfer', BigInt((format === 'long' ? Efer.Lme | Efer.Lma : 0) | (host.efer ?? 0)));
  machine.core.exports.flushTlb();
  machine.core.exports.updateMode();
}

/** A 64-bit guest whose TARGET is at guest-physical PAGE. */
function startGuest(guest: { cr0?: number; efer?: number } = {}, cpl = 0): PageTables {
  machine.long(cpl);
  const tables = new PageTables(machine.core.words, 'long', GUEST_TABLES);
  tables.map(CODE, BigInt(CODE) | ALL);
  tables.map(TARGET, BigInt(PAGE) | ALL);
  machine.state.setBig('cr0', BigInt((Cr0.Pg >>> 0) + Cr0.Pe + (guest.cr0 ?? 0)));
  machine.state.setBig('cr3', BigInt(GUEST_TABLES));
  machine.state.setBig('efer', BigInt(Efer.Lme | Efer.Lma | (guest.efer ?? 0)));
  return tables;
}

/** Runs one instruction on `address`; EXITINFO1 of the exit, or undefined if there was none. */
function attempt(code: readonly number[], address: number): number | undefined {
  machine.load(code);
  machine.state.setNum('rbx', address);
  if (machine.run(code === JUMP ? 2 : 1) === Stop.Budget) return undefined;
  return machine.state.num('exitInfo1');
}

function expectNestedFault(guestPhysical: number): void {
  expect(machine.state.num('exitCode')).toBe(ExitCode.NestedPageFault);
  expect(machine.state.num('exitInfo2')).toBe(guestPhysical);
  expect(machine.state.num('exitNextRip')).toBe(0);
}

describe('an unpaged guest', () => {
  it.each(['legacy', 'pae', 'long'] as const)('translates through %s tables', (format) => {
    machine.flat32();
    startNested(format);
    nested.map(PAGE, 0x9000n | ALL);
    machine.core.memory[0x9123] = 0x5a;
    expect(attempt(READ, PAGE + 0x123)).toBeUndefined();
    expect(machine.state.get('rax') & 0xff).toBe(0x5a);
  });

  it('translates in real mode', () => {
    machine.real();
    startNested('long');
    nested.map(PAGE, 0x9000n | ALL);
    machine.core.memory[0x9123] = 0x5a;
    machine.load([0x8a, 0x07]); // MOV AL, [BX]
    machine.state.setNum('rbx', PAGE + 0x123);
    machine.run(1);
    expect(machine.state.get('rax') & 0xff).toBe(0x5a);
  });

  it('translates through large nested pages', () => {
    machine.flat32();
    startNested('long');
    nested.map(0x40_0000, 0x40_0000n | ALL | PS, 2);
    machine.core.memory[0x51_2345] = 0x5a;
    expect(attempt(READ, 0x51_2345)).toBeUndefined();
    expect(machine.state.get('rax') & 0xff).toBe(0x5a);
  });
});

describe('the final access (reference table 10.5)', () => {
  const NXE = { efer: Efer.Nxe };
  const SMEP = { cr4: Cr4.Smep };

  // prettier-ignore
  it.each<[what: string, code: number[], leaf: bigint, host: { cr4?: number; efer?: number }, info: number | undefined]>([
    ['not present, read',              READ,  0n,           {},   FINAL + User],
    ['not present, write',             WRITE, 0n,           {},   FINAL + Write + User],
    ['not present, fetch',             JUMP,  0n,           NXE,  FINAL + User + Fetch],
    ['not present, fetch, neither NXE nor SMEP', JUMP, 0n,  {},   FINAL + User],
    ['nested NX, fetch',               JUMP,  ALL | NX,     NXE,  FINAL + Present + User + Fetch],
    ['nested NX, read',                READ,  ALL | NX,     NXE,  undefined],
    ['nested U = 0, read',             READ,  P | W,        {},   FINAL + Present + User],
    ['nested W = 0, write',            WRITE, P | U,        {},   FINAL + Present + Write + User],
    ['nested W = 0, read',             READ,  P | U,        {},   undefined],
    ['reserved bit, read',             READ,  ALL | 1n << 51n, {}, FINAL + Present + User + Reserved],
    ['NX is reserved without host NXE', READ, ALL | NX,     {},   FINAL + Present + User + Reserved],
    ['reserved bit, fetch under host SMEP', JUMP, ALL | 1n << 51n, SMEP, FINAL + Present + User + Reserved + Fetch],
    ['host SMEP forbids nothing',      JUMP,  ALL,          SMEP, undefined],
    ['host SMAP forbids nothing',      READ,  ALL,          { cr4: Cr4.Smap }, undefined],
  ])('%s', (_what, code, leaf, host, info) => {
    startGuest();
    startNested('long', host);
    nested.map(PAGE, leaf === 0n ? 0n : BigInt(PAGE) | leaf);
    machine.core.memory[PAGE + 0x123] = 0x90;
    expect(attempt(code, TARGET + 0x123)).toBe(info);
    if (info !== undefined) expectNestedFault(PAGE + 0x123);
  });

  it("ignores the guest's CR0.WP: a write needs W", () => {
    startGuest();
    startNested('long');
    nested.map(PAGE, BigInt(PAGE) | P | U);
    expect(attempt(WRITE, TARGET)).toBe(FINAL + Present + Write + User);
  });

  it("ignores the guest's EFER.NXE", () => {
    startGuest({ efer: Efer.Nxe });
    startNested('long');
    machine.core.memory[PAGE] = 0x90;
    expect(attempt(JUMP, TARGET)).toBeUndefined();
  });

  it('finds nothing above 4 GiB for a host without long mode', () => {
    startGuest().map(TARGET, 0x1_0000_5000n | ALL);
    startNested('pae');
    expect(attempt(READ, TARGET)).toBe(FINAL + User);
    expectNestedFault(0x1_0000_5000);
  });
});

describe("the walk of the guest's tables", () => {
  it('counts as a write by a user, even for a fetch', () => {
    startGuest();
    startNested('long', { efer: Efer.Nxe });
    nested.map(GUEST_TABLES, BigInt(GUEST_TABLES) | P | U);
    expect(attempt(READ, TARGET)).toBe(TABLE + Present + Write + User);
    expectNestedFault(GUEST_TABLES);
  });

  it('reports a reserved bit in a nested PML4 entry', () => {
    startGuest();
    startNested('long');
    const slot = nested.slot(0, 4);
    nested.write(slot, nested.read(slot) | 0x100n);
    expect(attempt(READ, TARGET)).toBe(TABLE + Present + Write + User + Reserved);
    expectNestedFault(GUEST_TABLES);
  });

  it('reports the address of the entry it could not reach', () => {
    const tables = startGuest();
    startNested('long');
    const slot = tables.slot(TARGET, 1);
    nested.map(slot & ~0xfff, 0n);
    expect(attempt(READ, TARGET)).toBe(TABLE + Write + User);
    expectNestedFault(slot);
  });
});

describe('order of faults (§15.25.6)', () => {
  let tables: PageTables;
  beforeEach(() => {
    tables = startGuest({ cr0: Cr0.Wp });
    startNested('long');
  });

  it('a table that is not reachable precedes what its entry says', () => {
    tables.map(TARGET, 0n);
    nested.map(tables.slot(TARGET, 1) & ~0xfff, 0n);
    attempt(READ, TARGET);
    expect(machine.state.num('exitCode')).toBe(ExitCode.NestedPageFault);
  });

  it.each([
    ['not present', 0n, 0],
    ['reserved', BigInt(PAGE) | ALL | (1n << 51n), Present | Reserved],
    ['not allowed', BigInt(PAGE) | P | U, Present],
  ])('a guest page that is %s precedes its nested fault', (_what, entry, code) => {
    tables.map(TARGET, entry);
    nested.map(PAGE, 0n);
    expect(attempt(WRITE, TARGET)).toBe(code | Write);
    expect(machine.state.num('exitCode')).toBe(ExitCode.Exception0 + Vector.Pf);
    expect(machine.state.num('exitInfo2')).toBe(TARGET);
  });

  it("the guest's accessed and dirty bits precede the nested fault of the access", () => {
    nested.map(PAGE, 0n);
    expect(attempt(WRITE, TARGET)).toBe(FINAL + Write + User);
    expect(tables.read(tables.slot(TARGET, 1)) & (A | D)).toBe(A | D);
  });
});

describe('accessed and dirty bits of the nested tables', () => {
  const bitsOf = (guestPhysical: number, level = 1) =>
    nested.read(nested.slot(guestPhysical, level)) & (A | D);

  it('a page that is read is accessed, one that is written dirty, a guest table always dirty', () => {
    startGuest();
    startNested('long');
    expect(attempt(READ, TARGET)).toBeUndefined();
    expect(bitsOf(PAGE)).toBe(A);
    expect(bitsOf(GUEST_TABLES)).toBe(A | D);
    for (const level of [2, 3, 4]) expect(bitsOf(PAGE, level)).toBe(A);
    expect(attempt(WRITE, TARGET)).toBeUndefined();
    expect(bitsOf(PAGE)).toBe(A | D);
  });

  it('a page that is not reached is neither', () => {
    startGuest();
    startNested('long');
    attempt(READ, TARGET);
    expect(bitsOf(0x6000)).toBe(0n);
  });
});

it("PAE: the guest's PDPTEs are read on demand, and a bad one faults only when used (§15.25.10)", () => {
  machine.flat32();
  const tables = new PageTables(machine.core.words, 'pae', GUEST_TABLES);
  tables.map(CODE, BigInt(CODE) | ALL);
  tables.map(TARGET, BigInt(PAGE) | ALL);
  startNested('long');
  machine.state.setBig('cr4', BigInt(Cr4.Pae));
  machine.state.setBig('cr3', BigInt(GUEST_TABLES));
  machine.state.setBig('cr0', BigInt((Cr0.Pg >>> 0) + Cr0.Pe));
  machine.core.exports.updateMode();
  expect(attempt(READ, TARGET)).toBeUndefined();
  const slot = tables.slot(TARGET, 3);
  tables.write(slot, tables.read(slot) | W);
  machine.core.exports.flushTlb();
  expect(attempt(READ, TARGET)).toBe(Present | Reserved);
  expect(machine.state.num('exitCode')).toBe(ExitCode.Exception0 + Vector.Pf);
});

describe('a translation that was made for a read', () => {
  const DIRTY = A | D;
  let tables: PageTables;
  const start = (guestLeaf: bigint, nestedLeaf: bigint, cpl = 0): void => {
    tables = startGuest({ cr0: Cr0.Wp }, cpl);
    startNested('long');
    tables.map(TARGET, BigInt(PAGE) | guestLeaf);
    nested.map(PAGE, BigInt(PAGE) | nestedLeaf);
    expect(attempt(READ, TARGET)).toBeUndefined();
  };

  it.each([
    ['both dirty', DIRTY, DIRTY],
    ["only the guest's dirty", DIRTY, A],
    ['only the nested one dirty', A, DIRTY],
    ['neither', 0n, 0n],
  ])('leaves both entries dirty once it is written: %s', (_what, guest, nestedBits) => {
    start(ALL | guest, ALL | nestedBits);
    expect(tables.read(tables.slot(TARGET, 1)) & D).toBe(guest & D);
    expect(nested.read(nested.slot(PAGE, 1)) & D).toBe(nestedBits & D);
    expect(attempt(WRITE, TARGET)).toBeUndefined();
    expect(tables.read(tables.slot(TARGET, 1)) & D).toBe(D);
    expect(nested.read(nested.slot(PAGE, 1)) & D).toBe(D);
  });

  it.each([
    ["the guest's tables say so", P | U | DIRTY, ALL | DIRTY, 0, Present | Write],
    ["the guest's tables say so, at level 3", P | U | DIRTY, ALL | DIRTY, 3, Present | Write | User],
    ['the nested tables say so', ALL | DIRTY, P | U | DIRTY, 0, FINAL + Present + Write + User],
  ])('is not for writes where %s', (_what, guest, nestedLeaf, cpl, info) => {
    start(guest, nestedLeaf, cpl);
    expect(attempt(WRITE, TARGET)).toBe(info);
  });

  it('leaves a clean page clean until there is a store', () => {
    start(ALL | DIRTY, ALL | DIRTY);
    const { core } = machine;
    const flags = core.bytes.subarray(core.exports.trackingFlags()).subarray(0, MEMORY / 4096);
    core.exports.flushTlb();
    flags.fill(1);
    core.exports.protectPages();
    expect(attempt(READ, TARGET)).toBeUndefined();
    expect(flags[PAGE / 4096]).toBe(1);
    expect(attempt(WRITE, TARGET)).toBeUndefined();
    expect(flags[PAGE / 4096]).toBe(0);
    flags.fill(0);
  });
});

it("what the nested tables say is asked once, whatever the guest flushes of its own, until the host's flush", () => {
  const INVLPG = [0x0f, 0x01, 0x3b];
  const LOAD_CR3 = [0x0f, 0x22, 0xd8];
  startGuest();
  startNested('long');
  machine.core.memory[PAGE] = 1;
  machine.core.memory[0x9000] = 2;
  const read = (): number => {
    expect(attempt(READ, TARGET)).toBeUndefined();
    return machine.state.get('rax') & 0xff;
  };
  expect(read()).toBe(1);
  nested.map(PAGE, 0x9000n | ALL);
  attempt(INVLPG, TARGET);
  expect(read()).toBe(1);
  machine.state.setNum('rax', GUEST_TABLES);
  attempt(LOAD_CR3, TARGET);
  expect(read()).toBe(1);
  machine.core.exports.flushTlb();
  expect(read()).toBe(2);
});
