/** PUSHF, POPF, PUSHA, POPA and ENTER in every mode (APM vol 3). */
import { beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { Cr0, Cr4, Rflags } from '../../../assembly/abi/processor-bits.js';
import { Seg } from '../../../assembly/abi/register.js';
import { Stop } from '../../../assembly/abi/stop.js';
import { Vector } from '../../../assembly/abi/vector.js';
import { CODE, Machine, STACK } from '../../helpers/machine.js';
import { PageTables } from '../../helpers/page-tables.js';

const PUSHF = [0x9c];
const POPF = [0x9d];
const PUSHA = [0x60];
const POPA = [0x61];
const WORD = 0x66;

const { Always1, If, Iopl, Nt, Ac, Id, Tf, Df, Vm, Vif, Vip, Rf, Status } = Rflags;
/** Everything that POPF can change at CPL 0. */
const WRITABLE = Status | Tf | If | Df | Iopl | Nt | Ac | Id;
const GP = ExitCode.Exception0 + Vector.Gp;
const SS = ExitCode.Exception0 + Vector.Ss;

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

/** Makes #GP, #SS and #PF exit, so that tests see them. */
function interceptFaults(): void {
  machine.state.set('inGuest', 1);
  machine.state.set('intercepts2', (1 << Vector.Gp) | (1 << Vector.Ss) | (1 << Vector.Pf));
}

/** Virtual-8086 mode: flat real-mode segments at CPL 3 in protected mode. */
function startV86(flags: number, cr4 = 0): void {
  machine.real();
  for (const seg of [Seg.Es, Seg.Cs, Seg.Ss, Seg.Ds]) {
    machine.state.setSegment(seg, { selector: 0, attributes: 0xf3, limit: 0xffff, base: 0n });
  }
  machine.state.setNum('cr0', Cr0.Pe);
  machine.state.setNum('cr4', cr4);
  machine.state.set('cpl', 3);
  machine.rflags = BigInt(Vm | flags | Always1);
  interceptFaults();
}

/** Runs one instruction; the exit code, or undefined if it completed. */
function attempt(code: readonly number[]): number | undefined {
  machine.load(code);
  return machine.run(1) === Stop.Budget ? undefined : machine.state.num('exitCode');
}

function flags(): number {
  return Number(machine.rflags);
}

describe('PUSHF', () => {
  it.each([
    ['16-bit', [WORD, ...PUSHF], 2],
    ['32-bit', PUSHF, 4],
  ])('%s', (_width, code, bytes) => {
    machine.flat32();
    machine.rflags = BigInt(Id | If | Rf | Status | Always1);
    expect(attempt(code)).toBeUndefined();
    expect(machine.state.num('rsp')).toBe(STACK - bytes);
    const { words } = machine.core;
    const found = bytes === 2 ? words.getUint16(STACK - 2, true) : words.getUint32(STACK - 4, true);
    const image = Id | If | Status | Always1;
    expect(found, 'RF is stored as zero').toBe(bytes === 2 ? image & 0xffff : image);
  });

  it('64-bit', () => {
    machine.long();
    machine.rflags = BigInt(If | Always1);
    expect(attempt(PUSHF)).toBeUndefined();
    expect(machine.state.num('rsp')).toBe(STACK - 8);
    expect(machine.core.words.getBigUint64(STACK - 8, true)).toBe(BigInt(If | Always1));
  });

  it('the intercept precedes the #GP of virtual-8086 mode', () => {
    startV86(0);
    machine.state.set('intercepts3', 1 << (ExitCode.Pushf - 0x60));
    expect(attempt(PUSHF)).toBe(ExitCode.Pushf);
    expect(machine.state.num('exitNextRip')).toBe(CODE + 1);
  });
});

describe('POPF', () => {
  const pop = (image: number, code: readonly number[] = POPF) => {
    machine.core.words.setUint32(STACK, image, true);
    return attempt(code);
  };

  // prettier-ignore
  it.each<[what: string, cpl: number, before: number, image: number, after: number]>([
    ['CPL 0 writes all but VM, RF, VIF and VIP', 0, 0,         0xffffffff,      WRITABLE],
    ['CPL 0 clears them',                        0, WRITABLE & ~Tf, 0,          0],
    ['VIF and VIP stay',                         0, Vif | Vip, 0,               Vif | Vip],
    ['RF is cleared',                            0, Rf,        Rf,              0],
    ['CPL 3 with IOPL 0 changes neither IF nor IOPL', 3, If,   Iopl | Df,       If | Df],
    ['CPL 3 with IOPL 3 changes IF',             3, Iopl,      If,              Iopl | If],
    ['CPL 1 with IOPL 1 changes IF, not IOPL',   1, 0x1000,    If | Iopl,       0x1000 | If],
    ['CPL 2 with IOPL 1 changes neither',        2, 0x1000,    If | Iopl,       0x1000],
  ])('%s', (_what, cpl, before, image, after) => {
    machine.flat32(cpl);
    machine.rflags = BigInt(before | Always1);
    expect(pop(image)).toBeUndefined();
    expect(flags()).toBe(after | Always1);
    expect(machine.state.num('rsp')).toBe(STACK + 4);
  });

  it('the 16-bit form leaves the upper half alone', () => {
    machine.flat32();
    machine.rflags = BigInt(Ac | Id | Always1);
    expect(pop(If, [WORD, ...POPF])).toBeUndefined();
    expect(flags()).toBe(Ac | Id | If | Always1);
    expect(machine.state.num('rsp')).toBe(STACK + 2);
  });

  it('real mode writes IOPL, IF and NT', () => {
    machine.real();
    expect(pop(0xffff & ~Tf)).toBeUndefined();
    expect(flags()).toBe((WRITABLE & 0xffff & ~Tf) | Always1);
  });

  it('64-bit mode pops eight bytes', () => {
    machine.long();
    expect(pop(If)).toBeUndefined();
    expect(machine.state.num('rsp')).toBe(STACK + 8);
    expect(flags()).toBe(If | Always1);
  });

  it('the intercept precedes the #GP of virtual-8086 mode', () => {
    startV86(0);
    machine.state.set('intercepts3', 1 << (ExitCode.Popf - 0x60));
    expect(attempt(POPF)).toBe(ExitCode.Popf);
  });

  it('TF traps after the instruction that follows', () => {
    machine.flat32();
    machine.core.words.setUint32(STACK, Tf, true);
    machine.state.set('inGuest', 1);
    machine.state.set('intercepts2', 1 << Vector.Db);
    machine.load([...POPF, 0x40, 0x40]);
    expect(machine.run(10)).toBe(Stop.Exit);
    expect(machine.state.num('rip')).toBe(CODE + 2);
  });

  it('a fault leaves RSP and the flags', () => {
    machine.flat32();
    interceptFaults();
    const { state } = machine;
    state.setSegment(Seg.Ss, { ...state.segment(Seg.Ss), limit: STACK + 2 });
    machine.rflags = BigInt(Df | Always1);
    expect(attempt(POPF)).toBe(SS);
    expect(state.num('rsp')).toBe(STACK);
    expect(flags()).toBe(Df | Always1);
  });
});

describe('virtual-8086 mode', () => {
  it('IOPL 3: PUSHF stores IF and IOPL, POPF changes IF and keeps IOPL and VM', () => {
    startV86(Iopl | If);
    expect(attempt(PUSHF)).toBeUndefined();
    expect(machine.core.words.getUint16(STACK - 2, true)).toBe(Iopl | If | Always1);
    machine.core.words.setUint16(STACK - 2, 0, true);
    expect(attempt(POPF)).toBeUndefined();
    expect(flags()).toBe(Vm | Iopl | Always1);
  });

  it.each([
    ['PUSHF', PUSHF, 0],
    ['POPF', POPF, 0],
    ['PUSHFD with VME', [WORD, ...PUSHF], Cr4.Vme],
    ['POPFD with VME', [WORD, ...POPF], Cr4.Vme],
  ])('IOPL below 3: %s raises #GP(0)', (_what, code, cr4) => {
    startV86(0x2000, cr4);
    expect(attempt(code)).toBe(GP);
    expect(machine.state.num('rsp')).toBe(STACK);
  });

  // prettier-ignore
  it.each([
    ['VIF set',   Vif | If, If | Iopl | Always1],
    ['VIF clear', If,       Iopl | Always1],
  ])('VME: PUSHF shows VIF as IF, and IOPL 3: %s', (_what, before, image) => {
    startV86(before, Cr4.Vme);
    expect(attempt(PUSHF)).toBeUndefined();
    expect(machine.core.words.getUint16(STACK - 2, true)).toBe(image);
  });

  // prettier-ignore
  it.each<[what: string, before: number, image: number, after: number | undefined]>([
    ['POPF writes VIF, not IF',              If,        Df,      If | Df],
    ['POPF sets VIF',                        0,         If | Df, Vif | Df],
    ['setting VIF while VIP is set is #GP',  Vip,       If,      undefined],
    ['clearing it is not',                   Vip | Vif, 0,       Vip],
    ['TF is #GP',                            0,         Tf,      undefined],
  ])('VME: %s', (_what, before, image, after) => {
    startV86(before, Cr4.Vme);
    machine.core.words.setUint16(STACK, image, true);
    const exit = attempt(POPF);
    if (after === undefined) expect(exit).toBe(GP);
    else expect(flags()).toBe(Vm | after | Always1);
  });
});

const NAMES = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'] as const;

describe('PUSHA and POPA', () => {
  it.each([
    ['32-bit', PUSHA, POPA, 4],
    ['16-bit', [WORD, ...PUSHA], [WORD, ...POPA], 2],
  ])('%s', (_width, pusha, popa, bytes) => {
    machine.flat32();
    NAMES.forEach((name, i) => {
      if (name !== 'rsp') machine.state.setNum(name, 0x1111_1111 * (i + 1));
    });
    const mask = bytes === 2 ? 0xffff : 0xffffffff;
    const before = NAMES.map((name) => machine.state.num(name));
    expect(attempt(pusha)).toBeUndefined();
    const { words } = machine.core;
    const read = (at: number) => (bytes === 2 ? words.getUint16(at, true) : words.getUint32(at, true));
    const pushed = NAMES.map((_, i) => read(STACK - bytes * (i + 1)));
    expect(pushed, 'the fifth is the old stack pointer').toEqual(before.map((v) => (v & mask) >>> 0));
    for (const name of NAMES) if (name !== 'rsp') machine.state.setNum(name, 0x8765_4321);
    expect(attempt(popa)).toBeUndefined();
    const kept = bytes === 2 ? 0x8765_0000 : 0;
    expect(NAMES.map((name) => machine.state.num(name))).toEqual(
      before.map((v, i) => (NAMES[i] === 'rsp' ? STACK : kept + ((v & mask) >>> 0))),
    );
  });

  it('PUSHA that runs out of stack moves no register; what was pushed stays below RSP', () => {
    machine.flat32();
    interceptFaults();
    const tables = new PageTables(machine.core.words, 'legacy', 0x8_0000);
    tables.mapIdentity(0x8000, 7n);
    tables.map(0x9000, 0x9003n);
    machine.state.setBig('cr3', BigInt(tables.root));
    machine.state.setBig('cr0', BigInt((Cr0.Pg >>> 0) + Cr0.Pe));
    machine.state.setNum('rsp', 0x9010);
    machine.state.setNum('rax', 0x5555);
    machine.core.exports.updateMode();
    expect(attempt(PUSHA)).toBe(ExitCode.Exception0 + Vector.Pf);
    expect(machine.state.num('exitInfo2')).toBe(0x8ffc);
    expect(machine.core.words.getUint32(0x900c, true)).toBe(0x5555);
    expect(machine.state.num('rsp')).toBe(0x9010);
  });

  it('a 16-bit stack pointer wraps', () => {
    machine.real();
    machine.state.setNum('rsp', 0xabcd_0004);
    machine.state.setNum('rdi', 0x7777);
    expect(attempt(PUSHA)).toBeUndefined();
    expect(machine.state.num('rsp')).toBe(0xabcd_fff4);
    expect(machine.core.words.getUint16(0xfff4, true)).toBe(0x7777);
  });

  it('an element across the end of the segment is #SS', () => {
    machine.real();
    interceptFaults();
    machine.state.setNum('rsp', 7);
    expect(attempt(PUSHA)).toBe(SS);
    expect(machine.state.num('rsp')).toBe(7);
  });
});

describe('ENTER', () => {
  const enter = (bytes: number, level: number) => [0xc8, bytes & 0xff, bytes >> 8, level];

  it('level 0 is a push and a frame', () => {
    machine.flat32();
    machine.state.setNum('rbp', 0x1234_5678);
    expect(attempt(enter(0x20, 0))).toBeUndefined();
    expect(machine.core.words.getUint32(STACK - 4, true)).toBe(0x1234_5678);
    expect(machine.state.num('rbp')).toBe(STACK - 4);
    expect(machine.state.num('rsp')).toBe(STACK - 4 - 0x20);
  });

  it('level 3 copies two enclosing frame pointers and pushes its own', () => {
    machine.flat32();
    const outer = STACK + 0x100;
    machine.state.setNum('rbp', outer);
    machine.core.words.setUint32(outer - 4, 0xaaaa_0001, true);
    machine.core.words.setUint32(outer - 8, 0xaaaa_0002, true);
    expect(attempt(enter(8, 3))).toBeUndefined();
    const frame = [1, 2, 3, 4].map((i) => machine.core.words.getUint32(STACK - 4 * i, true));
    expect(frame).toEqual([outer, 0xaaaa_0001, 0xaaaa_0002, STACK - 4]);
    expect(machine.state.num('rbp')).toBe(STACK - 4);
    expect(machine.state.num('rsp')).toBe(STACK - 16 - 8);
  });

  it('level 1 pushes its own frame pointer alone', () => {
    machine.flat32();
    expect(attempt(enter(0, 1))).toBeUndefined();
    expect(machine.core.words.getUint32(STACK - 8, true)).toBe(STACK - 4);
    expect(machine.state.num('rsp')).toBe(STACK - 8);
  });

  it('the level is taken modulo 32', () => {
    machine.flat32();
    expect(attempt(enter(0, 33))).toBeUndefined();
    expect(machine.state.num('rsp')).toBe(STACK - 8);
  });

  it('pushes eight bytes in 64-bit mode', () => {
    machine.long();
    machine.state.setBig('rbp', 0x1122_3344_5566_7788n);
    expect(attempt(enter(0x10, 0))).toBeUndefined();
    expect(machine.core.words.getBigUint64(STACK - 8, true)).toBe(0x1122_3344_5566_7788n);
    expect(machine.state.num('rsp')).toBe(STACK - 8 - 0x10);
  });

  it('with 16-bit operands writes BP alone', () => {
    machine.flat32();
    machine.state.setNum('rbp', 0x1234_5678);
    expect(attempt([WORD, ...enter(0x10, 0)])).toBeUndefined();
    expect(machine.state.num('rbp')).toBe(0x1234_0000 + STACK - 2);
    expect(machine.state.num('rsp')).toBe(STACK - 2 - 0x10);
  });

  it('checks the new top of the stack; if that fails what was pushed is below RSP, and no register changed', () => {
    machine.flat32();
    interceptFaults();
    const { state } = machine;
    // Expand-down: offsets up to the limit are outside.
    state.setSegment(Seg.Ss, { selector: 0, attributes: 0xc97, limit: STACK - 0x10, base: 0n });
    machine.core.exports.updateMode();
    machine.state.setNum('rbp', 0x7777);
    expect(attempt(enter(0x20, 0))).toBe(SS);
    expect(state.num('rsp')).toBe(STACK);
    expect(state.num('rbp')).toBe(0x7777);
    expect(machine.core.words.getUint32(STACK - 4, true)).toBe(0x7777);
    expect(attempt(enter(0x4, 0))).toBeUndefined();
  });
});
