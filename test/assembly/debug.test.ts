/** Debug registers (APM vol 2 §13.1): what a breakpoint matches, and how DR6 reports it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { Cr4, Debug, Rflags } from '../../assembly/abi/processor-bits.js';
import { Stop } from '../../assembly/abi/stop.js';
import { Vector } from '../../assembly/abi/vector.js';
import { CODE, Machine } from '../helpers/machine.js';

const DATA = 0x2_0000;
/** DR7's R/W and LEN fields (Table 13-1). */
const [EXECUTE, WRITE, PORT, ACCESS] = [0, 1, 2, 3] as const;
const [BYTE, WORD, QUAD, DOUBLE] = [0, 1, 2, 3] as const;

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

interface Breakpoint {
  readonly index?: number;
  readonly address: number;
  readonly kind: number;
  readonly length?: number;
  /** 1 local, 2 global, 3 both, 0 off. */
  readonly enable?: number;
}

/** A 32-bit processor whose #DB exits, with these breakpoints. */
function start(...breakpoints: readonly Breakpoint[]): void {
  machine.flat32();
  const { state } = machine;
  let dr7: number = Debug.Dr7Reset;
  for (const { index = 0, address, kind, length = BYTE, enable = 1 } of breakpoints) {
    state.setNum(`dr${index}`, address);
    dr7 += (enable << (2 * index)) + ((kind | (length << 2)) << (16 + 4 * index));
  }
  state.setBig('dr7', BigInt(dr7));
  state.setBig('cr4', BigInt(Cr4.De));
  state.set('inGuest', 1);
  state.set('intercepts2', 1 << Vector.Db);
  machine.core.exports.updateMode();
}

/** Runs one instruction on [EBX] (or what it does) and the boundary after it; DR6 bits 3:0 of the #DB, or undefined. */
function hits(code: readonly number[], address: number): number | undefined {
  machine.load([...code, 0x90]);
  machine.state.setNum('rbx', address);
  if (machine.run(2) === Stop.Budget) return undefined;
  expect(machine.state.num('exitCode')).toBe(ExitCode.Exception0 + Vector.Db);
  return machine.state.num('dr6') & 0xf;
}

const READ_BYTE = [0x8a, 0x03];
const READ_DWORD = [0x8b, 0x03];
const WRITE_BYTE = [0x88, 0x03];
const WRITE_DWORD = [0x89, 0x03];
const ADD_DWORD = [0x01, 0x03];

describe('data breakpoints', () => {
  // prettier-ignore
  it.each<[what: string, breakpoint: Breakpoint, code: number[], address: number, bits: number | undefined]>([
    ['a write hits a write breakpoint',        { address: DATA, kind: WRITE },                         WRITE_BYTE,  DATA,     1],
    ['a read does not',                        { address: DATA, kind: WRITE },                         READ_BYTE,   DATA,     undefined],
    ['a read hits a read-write breakpoint',    { address: DATA, kind: ACCESS },                        READ_BYTE,   DATA,     1],
    ['so does a write',                        { address: DATA, kind: ACCESS },                        WRITE_BYTE,  DATA,     1],
    ['a read-modify-write hits a write breakpoint', { address: DATA, kind: WRITE },                    ADD_DWORD,   DATA,     1],
    ['the byte before is another',             { address: DATA, kind: ACCESS },                        READ_BYTE,   DATA - 1, undefined],
    ['the byte after is another',              { address: DATA, kind: ACCESS },                        READ_BYTE,   DATA + 1, undefined],
    ['a wide access that covers it hits',      { address: DATA + 3, kind: ACCESS },                    READ_DWORD,  DATA,     1],
    ['one that ends before does not',          { address: DATA + 4, kind: ACCESS },                    READ_DWORD,  DATA,     undefined],
    ['a doubleword covers its last byte',      { address: DATA, kind: ACCESS, length: DOUBLE },       READ_BYTE,   DATA + 3, 1],
    ['and no more',                            { address: DATA, kind: ACCESS, length: DOUBLE },       READ_BYTE,   DATA + 4, undefined],
    ['a word ignores address bit 0',           { address: DATA + 1, kind: ACCESS, length: WORD },     READ_BYTE,   DATA,     1],
    ['a quadword covers eight bytes',          { address: DATA, kind: ACCESS, length: QUAD },         READ_BYTE,   DATA + 7, 1],
    ['the global enable is as good',           { address: DATA, kind: ACCESS, enable: 2 },             READ_BYTE,   DATA,     1],
    ['without an enable nothing hits',         { address: DATA, kind: ACCESS, enable: 0 },             READ_BYTE,   DATA,     undefined],
    ['DR3 reports in bit 3',                   { index: 3, address: DATA, kind: ACCESS },              READ_BYTE,   DATA,     8],
  ])('%s', (_what, breakpoint, code, address, bits) => {
    start(breakpoint);
    expect(hits(code, address)).toBe(bits);
  });

  it('trap after the instruction, with all that hit', () => {
    start({ address: DATA, kind: WRITE }, { index: 2, address: DATA + 2, kind: ACCESS });
    machine.state.setNum('rax', 0x1234_5678);
    expect(hits(WRITE_DWORD, DATA)).toBe(5);
    expect(machine.state.num('rip')).toBe(CODE + WRITE_DWORD.length);
    expect(machine.core.words.getUint32(DATA, true)).toBe(0x1234_5678);
  });

  it('REP STOS traps after the iteration that hits', () => {
    start({ address: DATA + 5, kind: WRITE });
    machine.load([0xf3, 0xaa]);
    machine.state.setNum('rdi', DATA);
    machine.state.setNum('rcx', 100);
    expect(machine.run(1000)).toBe(Stop.Exit);
    expect(machine.state.num('rcx')).toBe(94);
    expect(machine.state.num('rip')).toBe(CODE);
  });
});

describe('instruction breakpoints', () => {
  it('fault before the instruction', () => {
    start({ address: CODE + 1, kind: EXECUTE });
    machine.load([0x40, 0x40]);
    expect(machine.run(2)).toBe(Stop.Exit);
    expect(machine.state.num('rip')).toBe(CODE + 1);
    expect(machine.state.num('rax')).toBe(1);
    expect(machine.state.num('dr6') & 0xf).toBe(1);
  });

  it('pass an instruction that starts elsewhere', () => {
    start({ address: CODE + 1, kind: EXECUTE });
    machine.load([0xb8, 0x40, 0, 0, 0]);
    expect(machine.run(1)).toBe(Stop.Budget);
  });

  it('are suppressed once by RFLAGS.RF', () => {
    start({ address: CODE, kind: EXECUTE });
    machine.load([0xeb, 0xfe]);
    machine.rflags = BigInt(Rflags.Rf | Rflags.Always1);
    expect(machine.run(10), 'the second time round').toBe(Stop.Exit);
    expect(machine.state.num('clock')).toBe(1);
  });
});

/** MOV SS, AX. */
const MOV_SS = [0x8e, 0xd0];

describe('MOV SS', () => {
  it('holds back a breakpoint on the next instruction', () => {
    start({ address: CODE + MOV_SS.length, kind: EXECUTE });
    machine.core.state.setBig('cr0', 0n); // in real mode any selector will do
    machine.core.exports.updateMode();
    machine.load([...MOV_SS, 0x90, 0x90]);
    expect(machine.run(3)).toBe(Stop.Budget);
  });

  it('twice in a row holds back a single step once', () => {
    start();
    machine.core.state.setBig('cr0', 0n);
    machine.load([...MOV_SS, ...MOV_SS, 0x90]);
    machine.rflags = BigInt(Rflags.Tf | Rflags.Always1);
    expect(machine.run(3)).toBe(Stop.Exit);
    expect(machine.state.num('rip')).toBe(CODE + 2 * MOV_SS.length);
  });
});

it('DR6 tells of the last #DB alone in B0 to B3, and keeps the rest', () => {
  start({ index: 1, address: DATA, kind: WRITE });
  machine.state.setNum('dr6', Debug.Dr6Reset + Debug.Dr6Bt + 0xd);
  expect(hits(WRITE_BYTE, DATA)).toBe(2);
  expect(machine.state.num('dr6')).toBe(Debug.Dr6Reset + Debug.Dr6Bt + 2);
});

describe('I/O breakpoints', () => {
  const OUT_DX_AX = [0x66, 0xef];

  it.each([
    ['the port itself', 0x80, BYTE, 1],
    ['the second byte of a word', 0x81, BYTE, 1],
    ['the next port', 0x82, BYTE, undefined],
    ['a span of four around it', 0x83, DOUBLE, 1],
  ])('%s', (_what, address, length, bits) => {
    start({ address, kind: PORT, length: length });
    machine.state.setNum('rdx', 0x80);
    expect(hits(OUT_DX_AX, 0)).toBe(bits);
  });

  it('need CR4.DE', () => {
    start({ address: 0x80, kind: PORT });
    machine.state.setBig('cr4', 0n);
    machine.state.setNum('rdx', 0x80);
    expect(hits(OUT_DX_AX, 0)).toBeUndefined();
  });

  it('come after the access: the intercept of an instruction that exits comes before (§15.7)', () => {
    start({ address: 0x80, kind: PORT });
    const { state } = machine;
    const IOPM = 0x40000;
    machine.core.memory.fill(0xff, IOPM, IOPM + 0x3000);
    state.set('iopmBase', IOPM);
    state.set('intercepts3', 1 << (ExitCode.Ioio & 31));
    machine.core.exports.updateMode();
    machine.load([...OUT_DX_AX, 0x90]);
    state.setNum('rdx', 0x80);
    const before = state.big('dr6');
    expect(machine.run(2)).toBe(Stop.Exit);
    expect(state.num('exitCode')).toBe(Number(ExitCode.Ioio));
    expect([state.big('dr6'), state.num('rip')]).toEqual([before, CODE]);
  });
});
