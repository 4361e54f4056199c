/** Linear to physical translation, by instructions that read, write and jump (APM vol 2 §5, §8.4.2). */
import { beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { Cr0, Cr4, Efer, PageFault } from '../../assembly/abi/processor-bits.js';
import { Stop } from '../../assembly/abi/stop.js';
import { Vector } from '../../assembly/abi/vector.js';
import { CODE, Machine } from '../helpers/machine.js';
import { A, ALL, D, type Format, NX, P, PageTables, PS, U, W } from '../helpers/page-tables.js';

const MEMORY = 8 << 20;
const TABLES = 0x10_0000;
/** Linear address that the tests map, and the page of memory behind it. */
const TARGET = 0x4080_0000;
const PAGE = 0x5000;

/** Instructions on the byte at [rBX], and a jump there. */
const READ = [0x8a, 0x03];
const WRITE = [0x88, 0x03];
const JUMP = [0xff, 0xe3];

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create(MEMORY);
});

interface Controls {
  readonly cpl?: number;
  readonly cr0?: number;
  readonly cr4?: number;
  readonly efer?: number;
  readonly rflags?: number;
}

/** A processor with paging on and its code mapped; page faults are intercepted, so that tests see them. */
function start(format: Format, controls: Controls = {}): PageTables {
  const cpl = controls.cpl ?? 0;
  if (format === 'long') machine.long(cpl);
  else machine.flat32(cpl);
  const { state } = machine;
  const tables = new PageTables(machine.core.words, format, TABLES);
  tables.map(CODE, BigInt(CODE) | P | (cpl === 3 ? U : 0n));
  state.setBig('cr0', BigInt((Cr0.Pg >>> 0) + Cr0.Pe + (controls.cr0 ?? 0)));
  state.setBig('cr3', BigInt(TABLES));
  state.setBig('cr4', BigInt((format === 'legacy' ? Cr4.Pse : Cr4.Pae) | (controls.cr4 ?? 0)));
  state.setBig('efer', BigInt((format === 'long' ? Efer.Lme | Efer.Lma : 0) | (controls.efer ?? 0)));
  if (controls.rflags) machine.rflags = BigInt(controls.rflags) | 2n;
  state.set('inGuest', 1);
  state.set('intercepts2', 1 << Vector.Pf);
  machine.core.exports.flushTlb();
  machine.core.exports.updateMode();
  return tables;
}

/** Runs one instruction on `address`; the error code of the page fault, or undefined if there was none. */
function attempt(code: readonly number[], address: number): number | undefined {
  machine.load(code === JUMP ? [...JUMP] : [...code]);
  machine.state.setNum('rbx', address);
  const stop = machine.run(code === JUMP ? 2 : 1);
  if (stop === Stop.Budget) return undefined;
  expect(stop).toBe(Stop.Exit);
  expect(machine.state.num('exitCode')).toBe(ExitCode.Exception0 + Vector.Pf);
  expect(machine.state.num('exitInfo2')).toBe(address);
  expect(machine.state.num('rip')).toBe(code === JUMP ? address : CODE);
  return machine.state.num('exitInfo1');
}

describe('translates', () => {
  // prettier-ignore
  it.each<[name: string, format: Format, level: number, entry: bigint, linear: number, physical: number]>([
    ['32-bit, 4 KiB',  'legacy', 1, 0x0000_5000n | ALL,      0x4080_0123,      0x5123],
    ['32-bit, 4 MiB',  'legacy', 2, 0x0040_0000n | ALL | PS, 0x4080_0123,      0x40_0123],
    ['PAE, 4 KiB',     'pae',    1, 0x0000_5000n | ALL,      0xc080_0123,      0x5123],
    ['PAE, 2 MiB',     'pae',    2, 0x0020_0000n | ALL | PS, 0xc091_2345,      0x31_2345],
    ['4-level, 4 KiB', 'long',   1, 0x0000_5000n | ALL,      0x7f12_3456_7123, 0x5123],
    ['4-level, 2 MiB', 'long',   2, 0x0020_0000n | ALL | PS, 0x7f12_3451_2345, 0x31_2345],
    ['4-level, 1 GiB', 'long',   3, 0x0000_0000n | ALL | PS, 0x7f12_4031_2345, 0x31_2345],
    ['PAT in a leaf is no address', 'long', 2, 0x0020_1000n | ALL | PS, 0x7f12_3451_2345, 0x31_2345],
  ])('%s pages', (_name, format, level, entry, linear, physical) => {
    start(format).map(linear, entry, level);
    machine.core.memory[physical] = 0x5a;
    expect(attempt(READ, linear)).toBeUndefined();
    expect(machine.state.get('rax') & 0xff).toBe(0x5a);
  });

  it('4 MiB pages above 4 GiB (PSE-36): entry bits 20:13 are address bits 39:32', () => {
    start('legacy').map(TARGET, 0x2000n | ALL | PS, 2);
    machine.state.setNum('rax', 0);
    expect(attempt(READ, TARGET)).toBeUndefined();
    expect(machine.state.get('rax') & 0xff, 'the floating bus').toBe(0xff);
  });

  it('a 32-bit directory entry with bit 7 as a table while CR4.PSE is clear', () => {
    const tables = start('legacy');
    tables.map(TARGET, BigInt(PAGE) | ALL);
    const slot = tables.slot(TARGET, 2);
    tables.write(slot, tables.read(slot) | PS);
    machine.state.setBig('cr4', 0n);
    machine.core.memory[PAGE] = 0x77;
    expect(attempt(READ, TARGET)).toBeUndefined();
    expect(machine.state.get('rax') & 0xff).toBe(0x77);
  });
});

const { Present, Write, User, Reserved, Fetch } = PageFault;

describe('protects pages (§5.6)', () => {
  const WP = { cr0: Cr0.Wp };
  const NXE = { efer: Efer.Nxe };
  const SMEP = { cr4: Cr4.Smep };
  const SMAP = { cr4: Cr4.Smap };
  const AC = 0x40000;

  // prettier-ignore
  it.each<[rule: string, code: number[], leaf: bigint, controls: Controls, fault: number | undefined]>([
    ['not present, read',                         READ,  0n,         {},                     0],
    ['not present, write',                        WRITE, 0n,         {},                     Write],
    ['not present, user read',                    READ,  0n,         { cpl: 3 },             User],
    ['not present, fetch: no I/D without NX and SMEP', JUMP, 0n,     {},                     0],
    ['not present, fetch under NXE',              JUMP,  0n,         NXE,                    Fetch],
    ['not present, fetch under SMEP',             JUMP,  0n,         SMEP,                   Fetch],
    ['user reads a user page',                    READ,  P | U,      { cpl: 3 },             undefined],
    ['user reads a supervisor page',              READ,  P | W,      { cpl: 3 },             Present | User],
    ['user writes a supervisor page',             WRITE, P | W,      { cpl: 3 },             Present | Write | User],
    ['user writes a read-only page',              WRITE, P | U,      { cpl: 3 },             Present | Write | User],
    ['user writes a writable page',               WRITE, ALL,        { cpl: 3 },             undefined],
    ['supervisor writes a read-only page',        WRITE, P,          {},                     undefined],
    ['supervisor writes a read-only page, WP',    WRITE, P,          WP,                     Present | Write],
    ['supervisor writes a read-only user page, WP', WRITE, P | U,    WP,                     Present | Write],
    ['supervisor writes a writable page, WP',     WRITE, P | W,      WP,                     undefined],
    ['CPL 1 is a supervisor',                     READ,  P,          { cpl: 1 },             undefined],
    ['fetch from an NX page',                     JUMP,  ALL | NX,   { ...NXE, cpl: 3 },     Present | User | Fetch],
    ['supervisor fetch from an NX page',          JUMP,  P | NX,     NXE,                    Present | Fetch],
    ['read of an NX page',                        READ,  P | NX,     NXE,                    undefined],
    ['NX is reserved while EFER.NXE is clear',    READ,  P | NX,     {},                     Present | Reserved],
    ['supervisor fetch from a user page',         JUMP,  ALL,        {},                     undefined],
    ['supervisor fetch from a user page, SMEP',   JUMP,  ALL,        SMEP,                   Present | Fetch],
    ['user fetch from a user page, SMEP',         JUMP,  ALL,        { ...SMEP, cpl: 3 },    undefined],
    ['supervisor reads a user page, SMAP',        READ,  ALL,        SMAP,                   Present],
    ['supervisor writes a user page, SMAP',       WRITE, ALL,        SMAP,                   Present | Write],
    ['the same with RFLAGS.AC',                   READ,  ALL,        { ...SMAP, rflags: AC }, undefined],
    ['supervisor reads its own page, SMAP',       READ,  P,          SMAP,                   undefined],
    ['user reads a user page, SMAP',              READ,  ALL,        { ...SMAP, cpl: 3 },    undefined],
  ])('%s', (_rule, code, leaf, controls, fault) => {
    start('long', controls).map(TARGET, leaf === 0n ? 0n : BigInt(PAGE) | leaf);
    machine.core.memory[PAGE] = 0x90;
    expect(attempt(code, TARGET)).toBe(fault);
  });

  it.each([
    ['U', U, { cpl: 3 }, READ, Present | User],
    ['W', W, { cpl: 3 }, WRITE, Present | Write | User],
  ] as const)('a right must hold at every level: %s', (_right, bit, controls, code, fault) => {
    for (const format of ['legacy', 'long'] as const) {
      for (let level = 2; level <= (format === 'legacy' ? 2 : 4); level++) {
        const tables = start(format, controls);
        // Bit 38 of the address: nothing above the last level is shared with the code's page.
        const linear = format === 'legacy' ? TARGET : 0x80_4080_0000;
        tables.map(linear, BigInt(PAGE) | ALL);
        const slot = tables.slot(linear, level);
        tables.write(slot, tables.read(slot) & ~bit);
        expect(attempt([...code], linear), `${format}, level ${level}`).toBe(fault);
      }
    }
  });

  it('NX at any level forbids fetches', () => {
    for (const level of [2, 3, 4]) {
      const tables = start('long', { efer: Efer.Nxe });
      tables.map(0x80_4080_0000, BigInt(PAGE) | ALL);
      const slot = tables.slot(0x80_4080_0000, level);
      tables.write(slot, tables.read(slot) | NX);
      expect(attempt(JUMP, 0x80_4080_0000)).toBe(Present | Fetch);
    }
  });
});

describe('reserved bits', () => {
  // prettier-ignore
  it.each<[what: string, format: Format, level: number, bits: bigint, fault: number | undefined]>([
    ['address bits above 47',              'long',   1, 1n << 48n,      Present | Reserved],
    ['bit 51',                             'long',   1, 1n << 51n,      Present | Reserved],
    ['bits 62:52 are software\'s',         'long',   1, 0x7ffn << 52n,  undefined],
    ['bit 51 of a table\'s entry',         'long',   3, 1n << 51n,      Present | Reserved],
    ['bit 7 of a PML4 entry',              'long',   4, PS,             Present | Reserved],
    ['bit 8 of a PML4 entry',              'long',   4, 0x100n,         Present | Reserved],
    ['bit 13 of a 2 MiB page',             'long',   2, PS | 0x2000n,   Present | Reserved],
    ['bit 29 of a 1 GiB page',             'long',   3, PS | 1n << 29n, Present | Reserved],
    ['PAE: bits 62:52 too',                'pae',    1, 1n << 62n,      Present | Reserved],
    ['PAE: rights in a PDPTE',             'pae',    3, W,              Present | Reserved],
    ['PAE: bit 7 of a PDPTE',              'pae',    3, PS,             Present | Reserved],
    ['PAE: NX of a PDPTE, EFER.NXE or not', 'pae',   3, NX,             Present | Reserved],
    ['bit 21 of a 4 MiB page',             'legacy', 2, PS | 0x200000n, Present | Reserved],
    ['bits 11:9 are software\'s',          'legacy', 1, 0xe00n,         undefined],
  ])('%s', (_what, format, level, bits, fault) => {
    const tables = start(format, { efer: format === 'pae' ? Efer.Nxe : 0 });
    const linear = format === 'long' ? 0x80_4080_0000 : TARGET;
    tables.map(linear, BigInt(PAGE) | ALL);
    const slot = tables.slot(linear, level);
    // A large page's address must be aligned, or it has reserved bits set before the test sets any.
    const entry = (bits & PS) !== 0n ? ALL : tables.read(slot);
    tables.write(slot, entry | bits);
    expect(attempt(READ, linear)).toBe(fault);
  });

  it('an entry that is not present may hold anything', () => {
    start('long').map(TARGET, ~1n & 0xffff_ffff_ffff_ffffn);
    expect(attempt(READ, TARGET)).toBe(0);
  });
});

describe('accessed and dirty bits (§5.4.1)', () => {
  const bitsAt = (tables: PageTables, level: number) => tables.read(tables.slot(TARGET, level)) & (A | D);

  it.each<[Format, number[]]>([
    ['legacy', [2]],
    ['pae', [2]],
    ['long', [2, 3, 4]],
  ])('%s: a read sets A at every level, a write D in the last', (format, upper) => {
    const tables = start(format);
    tables.map(TARGET, BigInt(PAGE) | ALL);
    expect(attempt(READ, TARGET)).toBeUndefined();
    for (const level of upper) expect(bitsAt(tables, level)).toBe(A);
    expect(bitsAt(tables, 1)).toBe(A);
    expect(attempt(WRITE, TARGET)).toBeUndefined();
    for (const level of upper) expect(bitsAt(tables, level)).toBe(A);
    expect(bitsAt(tables, 1)).toBe(A | D);
  });

  it('PAE: the PDPTE keeps bit 5 clear, where it is reserved', () => {
    const tables = start('pae');
    tables.map(TARGET, BigInt(PAGE) | ALL);
    attempt(WRITE, TARGET);
    expect(bitsAt(tables, 3)).toBe(0n);
  });

  it('a large page has D in its own entry', () => {
    const tables = start('long');
    tables.map(TARGET, 0x20_0000n | ALL | PS, 2);
    attempt(WRITE, TARGET);
    expect(bitsAt(tables, 2)).toBe(A | D);
  });

  it('an access that faults sets none', () => {
    const tables = start('long', { cpl: 3 });
    tables.map(TARGET, BigInt(PAGE) | P | U);
    expect(attempt(WRITE, TARGET)).toBe(Present | Write | User);
    for (const level of [1, 2]) expect(bitsAt(tables, level)).toBe(0n);
  });
});

describe('accesses across two pages', () => {
  const WRITE_DWORD = [0x89, 0x03];

  it('fault on the second page before the first is written', () => {
    const tables = start('long');
    tables.map(TARGET, BigInt(PAGE) | ALL);
    machine.state.setNum('rax', 0x1234_5678);
    machine.load(WRITE_DWORD);
    machine.state.setNum('rbx', TARGET + 0xffe);
    expect(machine.run(1)).toBe(Stop.Exit);
    expect(machine.state.num('exitInfo2'), 'the first byte that cannot be reached').toBe(TARGET + 0x1000);
    expect(machine.core.words.getUint16(PAGE + 0xffe, true)).toBe(0);
  });

  it('reach two frames that are not neighbours', () => {
    const tables = start('long');
    tables.map(TARGET, BigInt(PAGE) | ALL);
    tables.map(TARGET + 0x1000, 0x9000n | ALL);
    machine.state.setNum('rax', 0x1234_5678);
    machine.load(WRITE_DWORD);
    machine.state.setNum('rbx', TARGET + 0xffe);
    expect(machine.run(1)).toBe(Stop.Budget);
    expect(machine.core.words.getUint16(PAGE + 0xffe, true)).toBe(0x5678);
    expect(machine.core.words.getUint16(0x9000, true)).toBe(0x1234);
  });
});
