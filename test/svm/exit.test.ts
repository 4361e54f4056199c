/** #VMEXIT decoded: every code, and every information field (APM vol 2 App. C, §15.7 to §15.14). */
import { describe, expect, it } from 'vitest';
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { decodeExit, type VmExit } from '../../src/svm/exit.js';
import {
  exitName,
  INTERCEPT_NAMES,
  intercept,
  isIntercepted,
  removeIntercept,
  exitCodeOf,
} from '../../src/svm/intercepts.js';
import { Vmcb } from '../../src/svm/vmcb.js';

function vmcbOf(code: bigint, info1 = 0n, info2 = 0n): Vmcb {
  const vmcb = new Vmcb(new DataView(new ArrayBuffer(4096)), 0);
  vmcb.set('exitCode', code);
  vmcb.set('exitInfo1', info1);
  vmcb.set('exitInfo2', info2);
  return vmcb;
}

const decode = (code: number, info1 = 0n, info2 = 0n): VmExit =>
  decodeExit(vmcbOf(BigInt.asUintN(64, BigInt(code)), info1, info2));

const MOV = 1n << 63n;

// prettier-ignore
it.each<[what: string, exit: VmExit, expected: object]>([
  ['MOV rDI, CR3',      decode(0x03, MOV | 7n),      { kind: 'cr-read', cr: 3, gpr: 7 }],
  ['SMSW',              decode(0x00),                { kind: 'cr-read', cr: 0, gpr: null }],
  ['MOV CR8, R15',      decode(0x18, MOV | 15n),     { kind: 'cr-write', cr: 8, gpr: 15 }],
  ['LMSW',              decode(0x10),                { kind: 'cr-write', cr: 0, gpr: null }],
  ['CR0 selective',     decode(0x65, MOV | 1n),      { kind: 'cr0-selective-write', cr: 0, gpr: 1 }],
  ['MOV rSI, DR6',      decode(0x26, 6n),            { kind: 'dr-read', dr: 6, gpr: 6 }],
  ['MOV DR7, rCX',      decode(0x37, 1n),            { kind: 'dr-write', dr: 7, gpr: 1 }],
  ['CR4 write trap',    decode(0x94, 0x20n),         { kind: 'cr-write-trap', cr: 4, value: 0x20n }],
  ['EFER write trap',   decode(0x8f, 0x1000n),       { kind: 'efer-write-trap', value: 0x1000n }],
  ['#DB',               decode(0x41),                { kind: 'exception', vector: 1, errorCode: null, address: null }],
  ['#GP',               decode(0x4d, 0x18n),         { kind: 'exception', vector: 13, errorCode: 0x18, address: null }],
  ['#PF',               decode(0x4e, 6n, 0xffff_8000_0000_1000n), { kind: 'exception', vector: 14, errorCode: 6, address: 0xffff_8000_0000_1000n }],
  ['INT 80h',           decode(0x75, 0x80n),         { kind: 'software-interrupt', vector: 0x80 }],
  ['INVLPG',            decode(0x79, 0x1234n),       { kind: 'invlpg', address: 0x1234n }],
  ['INVPCID',           decode(0xa2, 0x10n, 2n),     { kind: 'invpcid', descriptor: 0x10n, type: 2n }],
  ['RDMSR',             decode(0x7c, 0n),            { kind: 'msr', isWrite: false }],
  ['WRMSR',             decode(0x7c, 1n),            { kind: 'msr', isWrite: true }],
  ['SMI',               decode(0x62, 1n, 0x77n),     { kind: 'smi', info: 1n, ioRip: 0x77n }],
  ['IN AL, 60h',        decode(0x7b, 0x0060_0011n, 9n),
    { kind: 'ioio', port: 0x60, bytes: 1, isInput: true, isString: false, isRepeated: false, addressBits: 16, nextRip: 9n }],
  ['REP OUTSD FS',      decode(0x7b, 0xfff8_124cn, 9n),
    { kind: 'ioio', port: 0xfff8, bytes: 4, isInput: false, isString: true, isRepeated: true, addressBits: 64, segment: 4 }],
  ['INSW, 32-bit',      decode(0x7b, 0x0010_0125n),  { kind: 'ioio', bytes: 2, isInput: true, isString: true, isRepeated: false, addressBits: 32 }],
  ['IRET to a task',    decode(0x7d, 0x28n, 1n << 36n),        { kind: 'task-switch', selector: 0x28, cause: 'iret', errorCode: null, resumeFlag: false }],
  ['JMP to a task',     decode(0x7d, 0x28n, 1n << 38n),        { kind: 'task-switch', cause: 'jump' }],
  ['fault to a task',   decode(0x7d, 0x28n, (1n << 48n) | (1n << 44n) | 0x1an), { kind: 'task-switch', cause: 'call-or-event', errorCode: 0x1a, resumeFlag: true }],
  ['NPF, final',        decode(0x400, 0x1_0000_0007n, 0x1_2345_6000n), { kind: 'nested-page-fault', error: 7, isTableWalk: false, gpa: 0x1_2345_6000 }],
  ['NPF, table',        decode(0x400, 0x2_0000_0007n, 0x5000n),        { kind: 'nested-page-fault', error: 7, isTableWalk: true, gpa: 0x5000 }],
  ['AVIC IPI',          decode(0x401, 1n, 2n),       { kind: 'avic-incomplete-ipi', info1: 1n, info2: 2n }],
  ['AVIC no accel',     decode(0x402, 3n, 4n),       { kind: 'avic-no-acceleration', info1: 3n, info2: 4n }],
  ['VMGEXIT',           decode(0x403),               { kind: 'vmgexit' }],
  ['INVALID',           decode(-1),                  { kind: 'invalid', code: -1 }],
  ['BUSY',              decode(-2),                  { kind: 'unknown', rawCode: 0xffff_ffff_ffff_fffen }],
  ['A7h',               decode(0xa7),                { kind: 'unknown', code: 0xa7 }],
  ['404h',              decode(0x404),               { kind: 'unknown', code: 0x404 }],
  ['software range',    decode(0xf000_0001),         { kind: 'unknown', code: 0xf000_0001 }],
])('%s', (_what, exit, expected) => {
  expect(exit).toMatchObject(expected);
});

describe('every code', () => {
  it.each(INTERCEPT_NAMES)('%s has a kind, and carries its code', (name) => {
    const code = exitCodeOf(name);
    const exit = decode(code);
    expect(exit.kind).not.toBe('unknown');
    expect(exit.code).toBe(code);
    expect(exitName(code)).toBe(name);
  });

  it.each([...Array(0xc0).keys()])('%i is named by the intercepts or unknown', (code) => {
    const isNamed = INTERCEPT_NAMES.some((name) => exitCodeOf(name) === code);
    const isException = code >= ExitCode.Exception0 && code < ExitCode.Exception0 + 32;
    expect(decode(code).kind === 'unknown').toBe(!isNamed && !isException);
  });

  it('does not depend on what lies in the upper half', () => {
    expect(decodeExit(vmcbOf(0x1_0000_0078n)).kind).toBe('unknown');
  });

  it('shares exits that carry nothing', () => {
    expect(decode(ExitCode.Hlt)).toBe(decode(ExitCode.Hlt));
    expect(Object.isFrozen(decode(ExitCode.Hlt))).toBe(true);
  });
});

describe('intercept bits', () => {
  // prettier-ignore
  it.each([
    ['cr3-write',  0x000, 1 << 19], ['dr7-read',  0x004, 1 << 7],  ['pf',      0x008, 1 << 14],
    ['intr',       0x00c, 1],       ['nmi',       0x00c, 2],       ['vintr',   0x00c, 1 << 4],
    ['iret',       0x00c, 1 << 20], ['shutdown',  0x00c, 2 ** 31], ['vmrun',   0x010, 1],
    ['vmmcall',    0x010, 2],       ['cr0-write-trap', 0x010, 1 << 16], ['idle-hlt', 0x014, 1 << 6],
  ] as const)('%s is in the vector at %i', (name, offset, bit) => {
    const vmcb = vmcbOf(0n);
    intercept(vmcb, name);
    expect(vmcb.word(offset)).toBe(bit);
    expect(isIntercepted(vmcb, name)).toBe(true);
    removeIntercept(vmcb, name);
    expect(vmcb.word(offset)).toBe(0);
  });

  it('says that the intercepts have changed', () => {
    const vmcb = vmcbOf(0n);
    vmcb.set('clean', 1);
    intercept(vmcb, 'hlt', 'nmi');
    expect(vmcb.get('clean')).toBe(0);
  });
});
