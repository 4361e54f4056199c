/**
 * Privilege, intercept and exception of every system instruction, in the order of APM vol 2 Table 15-7.
 *
 * A row is an instruction, its exit code, what it comes to at CPL 3 if it is intercepted, and if it is not.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { Cr4, Efer } from '../../../assembly/abi/processor-bits.js';
import { CODE, Machine } from '../../helpers/machine.js';
import { exitInformation, outcomeOf } from '../../helpers/outcome.js';

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

/** 64-bit mode in which every instruction below is legal at CPL 0: SVM on, TSC, UMIP and PMC restricted to CPL 0. */
function ready(cpl: number): Machine {
  machine.long(cpl);
  const { state } = machine;
  state.setNum('efer', state.num('efer') | Efer.Svme);
  state.setNum('cr4', state.num('cr4') | Cr4.Tsd | Cr4.Umip);
  state.setNum('rax', OPERAND);
  // The MSR permission map intercepts everything.
  state.set('msrpmBase', PERMISSION_MAP);
  machine.core.memory.fill(0xff, PERMISSION_MAP, PERMISSION_MAP + 0x2000);
  machine.core.exports.updateMode();
  return machine;
}

/** A page: a VMCB for VMLOAD, an operand for LGDT, a legal CR3. Its low bits make a legal CR8 of zero. */
const OPERAND = 0x70000;
const PERMISSION_MAP = 0x40000;
const GP = '#GP(0)';
const EXIT = 'exit';

type Row = [name: string, bytes: number[], code: number, atCpl3: string, info1: bigint];
type ShortRow = [name: string, bytes: number[], code: number, atCpl3: string, info1?: bigint];

/** EXITINFO1[63]: MOV to or from a control register, whose general register [3:0] names (APM vol 2 §15.8.1). */
const MOV_CR = 1n << 63n;
const RAX = 0n;
const RCX = 1n;

// prettier-ignore
const SHORT_ROWS: readonly ShortRow[] = [
  // The intercept beats every exception.
  ['rsm',            [0x0f, 0xaa],             ExitCode.Rsm,       EXIT],
  ['vmmcall',        [0x0f, 0x01, 0xd9],       ExitCode.Vmmcall,   EXIT],
  ['xsetbv',         [0x0f, 0x01, 0xd1],       ExitCode.Xsetbv,    EXIT],
  // No exceptions.
  ['cpuid',          [0x0f, 0xa2],             ExitCode.Cpuid,     EXIT],
  ['pause',          [0xf3, 0x90],             ExitCode.Pause,     EXIT],
  // Exceptions first.
  ['hlt',            [0xf4],                   ExitCode.Hlt,       GP],
  ['idle hlt',       [0xf4],                   ExitCode.IdleHlt,   GP],
  ['invd',           [0x0f, 0x08],             ExitCode.Invd,      GP],
  ['wbinvd',         [0x0f, 0x09],             ExitCode.Wbinvd,    GP],
  ['wbnoinvd',       [0xf3, 0x0f, 0x09],       ExitCode.Wbinvd,    GP],
  ['invlpg [rax]',   [0x0f, 0x01, 0x38],       ExitCode.Invlpg,    GP, BigInt(OPERAND)],
  ['invlpga',        [0x0f, 0x01, 0xdf],       ExitCode.Invlpga,   GP],
  ['rdtsc',          [0x0f, 0x31],             ExitCode.Rdtsc,     GP],
  ['rdtscp',         [0x0f, 0x01, 0xf9],       ExitCode.Rdtscp,    GP],
  ['rdpmc',          [0x0f, 0x33],             ExitCode.Rdpmc,     GP],
  ['rdmsr',          [0x0f, 0x32],             ExitCode.Msr,       GP],
  ['wrmsr',          [0x0f, 0x30],             ExitCode.Msr,       GP, 1n],
  ['lgdt [rax]',     [0x0f, 0x01, 0x10],       ExitCode.GdtrWrite, GP],
  ['lidt [rax]',     [0x0f, 0x01, 0x18],       ExitCode.IdtrWrite, GP],
  ['sgdt [rax]',     [0x0f, 0x01, 0x00],       ExitCode.GdtrRead,  GP],
  ['sidt [rax]',     [0x0f, 0x01, 0x08],       ExitCode.IdtrRead,  GP],
  ['smsw ecx',       [0x0f, 0x01, 0xe1],       ExitCode.Cr0Read,   GP],
  ['lmsw ax',        [0x0f, 0x01, 0xf0],       ExitCode.Cr0Write,  GP],
  ['clts',           [0x0f, 0x06],             ExitCode.Cr0Write,  GP],
  ['mov rcx, cr0',   [0x0f, 0x20, 0xc1],       ExitCode.Cr0Read,   GP, MOV_CR | RCX],
  ['mov rcx, cr2',   [0x0f, 0x20, 0xd1],       ExitCode.Cr0Read + 2,  GP, MOV_CR | RCX],
  ['mov rcx, cr3',   [0x0f, 0x20, 0xd9],       ExitCode.Cr0Read + 3,  GP, MOV_CR | RCX],
  ['mov rcx, cr4',   [0x0f, 0x20, 0xe1],       ExitCode.Cr0Read + 4,  GP, MOV_CR | RCX],
  ['mov rcx, cr8',   [0x44, 0x0f, 0x20, 0xc1], ExitCode.Cr0Read + 8,  GP, MOV_CR | RCX],
  ['mov cr2, rax',   [0x0f, 0x22, 0xd0],       ExitCode.Cr0Write + 2, GP, MOV_CR | RAX],
  ['mov cr3, rax',   [0x0f, 0x22, 0xd8],       ExitCode.Cr0Write + 3, GP, MOV_CR | RAX],
  ['mov rcx, dr0',   [0x0f, 0x21, 0xc1],       ExitCode.Dr0Read,      GP, RCX],
  ['mov rcx, dr3',   [0x0f, 0x21, 0xd9],       ExitCode.Dr0Read + 3,  GP, RCX],
  ['mov rcx, dr7',   [0x0f, 0x21, 0xf9],       ExitCode.Dr0Read + 7,  GP, RCX],
  ['mov dr1, rax',   [0x0f, 0x23, 0xc8],       ExitCode.Dr0Write + 1, GP, RAX],
  ['mov dr6, rax',   [0x0f, 0x23, 0xf0],       ExitCode.Dr0Write + 6, GP, RAX],
  ['mov dr7, rax',   [0x0f, 0x23, 0xf8],       ExitCode.Dr0Write + 7, GP, RAX],
  ['vmrun',          [0x0f, 0x01, 0xd8],       ExitCode.Vmrun,     GP],
  ['vmload',         [0x0f, 0x01, 0xda],       ExitCode.Vmload,    GP],
  ['vmsave',         [0x0f, 0x01, 0xdb],       ExitCode.Vmsave,    GP],
  ['stgi',           [0x0f, 0x01, 0xdc],       ExitCode.Stgi,      GP],
  ['clgi',           [0x0f, 0x01, 0xdd],       ExitCode.Clgi,      GP],
  ['skinit',         [0x0f, 0x01, 0xde],       ExitCode.Skinit,    GP],
];

/** EXITINFO1 is zero where a row does not say. */
const ROWS = SHORT_ROWS.map(([name, bytes, code, atCpl3, info1 = 0n]): Row => [
  name,
  bytes,
  code,
  atCpl3,
  info1,
]);

const exitName = (code: number) => `exit ${code.toString(16)}h`;

describe('intercepted', () => {
  it.each(ROWS)('%s exits at CPL 0 before it does anything', (_name, bytes, code, _atCpl3, info1) => {
    expect(outcomeOf(ready(0), bytes, [code])).toBe(exitName(code));
    expect(machine.state.num('rip')).toBe(CODE);
    expect(exitInformation(machine)).toEqual({ info1, info2: 0n, nextRip: CODE + bytes.length });
    expect(machine.state.num('clock')).toBe(0);
  });

  it.each(ROWS)('%s at CPL 3', (_name, bytes, code, atCpl3) => {
    expect(outcomeOf(ready(3), bytes, [code])).toBe(atCpl3 === EXIT ? exitName(code) : atCpl3);
  });
});

describe('not intercepted', () => {
  it.each(ROWS.filter(([, , , atCpl3]) => atCpl3 === GP))('%s faults at CPL 3', (_name, bytes) => {
    expect(outcomeOf(ready(3), bytes)).toBe(GP);
    expect(machine.state.num('rip')).toBe(CODE);
  });

  it.each([
    ['rsm', [0x0f, 0xaa]],
    ['vmmcall', [0x0f, 0x01, 0xd9]],
    ['xsetbv', [0x0f, 0x01, 0xd1]],
    ['monitor', [0x0f, 0x01, 0xc8]],
    ['mwait', [0x0f, 0x01, 0xc9]],
  ])('%s is #UD', (_name, bytes) => {
    expect(outcomeOf(ready(0), bytes)).toBe('#UD');
  });
});
