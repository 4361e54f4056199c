/** IRET in every mode, and what it does to NMI masks (APM vol 3 IRET; vol 2 §15.21.9, §15.21.10). */
import { describe, expect, it } from 'vitest';
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { Rflags } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import { Stop } from '../../assembly/abi/stop.js';
import { Vector } from '../../assembly/abi/vector.js';
import { Watch } from '../../assembly/abi/watch.js';
import {
  CODE,
  CODE0,
  CODE3,
  CODE_TYPE,
  DATA0,
  DATA3,
  DPL3,
  FAULT_HANDLER,
  FREE,
  HANDLER,
  INNER_STACK,
  INTERRUPT_GATE,
  SegmentedMachine,
  STACK,
  USER_STACK,
} from '../helpers/segmented-machine.js';

const IRET = 'cf';
const IRETQ = '48 cf';
const ONE = Rflags.Always1;

/** Writes slots of `bytes` bytes at the stack pointer, the first on top. */
function frame(machine: SegmentedMachine, bytes: number, slots: number[]): void {
  const at = machine.rsp - slots.length * bytes;
  slots.forEach((slot, i) => {
    const target = at + i * bytes;
    if (bytes === 8) machine.quad(target, BigInt.asUintN(64, BigInt(slot)));
    else if (bytes === 4) machine.word(target, slot);
    else machine.core.words.setUint16(target, slot, true);
  });
  machine.core.state.setBig('rsp', BigInt(at));
}

async function protectedIret(slots: number[]): Promise<SegmentedMachine> {
  const machine = await SegmentedMachine.protected();
  machine.code(CODE, IRET);
  machine.setGate(Vector.Gp, FAULT_HANDLER);
  machine.setGate(Vector.Np, FAULT_HANDLER);
  machine.setGate(Vector.Ss, FAULT_HANDLER);
  frame(machine, 4, slots);
  return machine;
}

async function longIret(slots: number[], code = IRETQ): Promise<SegmentedMachine> {
  const machine = await SegmentedMachine.long();
  machine.code(CODE, code);
  machine.setLongGate(Vector.Gp, FAULT_HANDLER);
  frame(machine, 8, slots);
  return machine;
}

describe('real mode', () => {
  it('pops IP, CS and FLAGS with IOPL and NT', async () => {
    const machine = await SegmentedMachine.real();
    machine.code(CODE, IRET);
    frame(machine, 2, [0x12, 0x900, 0x7002 | Rflags.If]);
    machine.run(1);
    expect([machine.rip, machine.selector(Seg.Cs), machine.rsp]).toEqual([0x12, 0x900, 0xf000]);
    expect(machine.core.state.segment(Seg.Cs).base).toBe(0x9000n);
    expect(machine.flags).toBe(0x7002 | Rflags.If);
  });

  it('refuses an IRETD beyond the limit of CS', async () => {
    const machine = await SegmentedMachine.real();
    machine.code(CODE, '66 cf');
    machine.word(Vector.Gp * 4, FAULT_HANDLER);
    frame(machine, 4, [0x10000, 0, ONE]);
    machine.run(1);
    expect(machine.rip).toBe(FAULT_HANDLER);
  });
});

describe('protected mode', () => {
  it('pops three slots to the same level', async () => {
    const machine = await protectedIret([HANDLER, CODE0, ONE | Rflags.If | Rflags.Iopl | Rflags.Cf]);
    machine.run(1);
    expect([machine.rip, machine.rsp]).toEqual([HANDLER, STACK]);
    expect(machine.flags).toBe(ONE | Rflags.If | Rflags.Iopl | Rflags.Cf);
  });

  it('pops the stack of an outer level and drops segments that it may not use', async () => {
    const machine = await protectedIret([HANDLER, CODE3, ONE, USER_STACK, DATA3]);
    machine.loadSegment(Seg.Es, DATA3);
    machine.core.exports.updateMode();
    machine.run(1);
    expect([machine.rip, machine.rsp, machine.core.state.get('cpl')]).toEqual([HANDLER, USER_STACK, 3]);
    expect([Seg.Cs, Seg.Ss, Seg.Es, Seg.Ds].map((seg) => machine.selector(seg))).toEqual([
      CODE3,
      DATA3,
      DATA3,
      0,
    ]);
  });

  it('leaves IF and IOPL alone at level 3', async () => {
    const machine = await protectedIret([]);
    machine.enterLevel(3);
    machine.flags = ONE | Rflags.If;
    frame(machine, 4, [HANDLER, CODE3, ONE | Rflags.Iopl | Rflags.Df]);
    machine.run(1);
    expect(machine.flags).toBe(ONE | Rflags.If | Rflags.Df);
  });

  it.each([
    ['an inner level', [HANDLER, CODE0, ONE, 0, 0], 3, CODE0],
    ['a data segment', [HANDLER, DATA0, ONE], 0, DATA0],
    ['a selector outside of the table', [HANDLER, 0x2000, ONE], 0, 0x2000],
    ['a null selector', [HANDLER, 0, ONE], 0, 0],
    ['an outer level with a stack of this one', [HANDLER, CODE3, ONE, USER_STACK, DATA0], 0, DATA0],
    ['an outer level with a null stack', [HANDLER, CODE3, ONE, USER_STACK, 3], 0, 0],
  ])('refuses %s and changes nothing', async (_what, slots, level, code) => {
    const machine = await protectedIret([]);
    if (level === 3) machine.enterLevel(3);
    frame(machine, 4, slots);
    const before = machine.rsp;
    machine.run(1);
    expect(machine.rip).toBe(FAULT_HANDLER);
    expect(machine.getWord(machine.rsp)).toBe(code);
    expect(machine.getWord(machine.rsp + 4)).toBe(CODE);
    if (level === 0) expect(machine.rsp).toBe(before - 16);
    else expect(machine.getWord(INNER_STACK - 8)).toBe(before);
  });

  it('raises #NP for a code segment that is not present', async () => {
    const machine = await protectedIret([HANDLER, FREE, ONE]);
    machine.setDescriptor(FREE, { type: CODE_TYPE & 0x7f });
    machine.setGate(Vector.Gp, HANDLER);
    machine.run(1);
    expect(machine.rip).toBe(FAULT_HANDLER);
    expect(machine.getWord(machine.rsp)).toBe(FREE);
  });
});

describe('virtual-8086 mode', () => {
  const V86_FLAGS = ONE | Rflags.Vm | Rflags.If;

  async function enterV86(flags: number): Promise<SegmentedMachine> {
    const machine = await protectedIret([0x100, 0x800, flags, 0xff0, 0x2000, 0x111, 0x222, 0x333, 0x444]);
    machine.run(1);
    return machine;
  }

  it('is entered with all its segments', async () => {
    const machine = await enterV86(V86_FLAGS);
    const selectors = [Seg.Cs, Seg.Ss, Seg.Es, Seg.Ds, Seg.Fs, Seg.Gs].map((seg) => machine.selector(seg));
    expect(selectors).toEqual([0x800, 0x2000, 0x111, 0x222, 0x333, 0x444]);
    expect([machine.rip, machine.rsp, machine.core.state.get('cpl')]).toEqual([0x100, 0xff0, 3]);
    expect(machine.core.state.segment(Seg.Ds)).toEqual({
      selector: 0x222,
      attributes: 0xf3,
      limit: 0xffff,
      base: 0x2220n,
    });
  });

  it('is left by INT n with IOPL 3, its segments on the stack of level 0', async () => {
    const machine = await enterV86(V86_FLAGS | Rflags.Iopl);
    machine.code(0x8100, 'cd 80');
    machine.setGate(0x80, HANDLER, INTERRUPT_GATE | DPL3);
    machine.run(1);
    const slots = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => machine.getWord(INNER_STACK - 36 + i * 4));
    const flags = V86_FLAGS | Rflags.Iopl;
    expect(slots).toEqual([0x102, 0x800, flags, 0xff0, 0x2000, 0x111, 0x222, 0x333, 0x444]);
    expect([machine.rip, machine.selector(Seg.Ds), machine.flags & Rflags.Vm]).toEqual([HANDLER, 0, 0]);
  });

  it('refuses INT n and IRET with IOPL 0', async () => {
    for (const code of ['cd 80', IRET]) {
      const machine = await enterV86(V86_FLAGS);
      machine.code(0x8100, code);
      machine.run(1);
      expect(machine.rip).toBe(FAULT_HANDLER);
      expect(machine.getWord(machine.rsp + 4)).toBe(0x100);
    }
  });

  it('returns within itself with IOPL 3', async () => {
    const machine = await enterV86(V86_FLAGS | Rflags.Iopl);
    machine.code(0x8100, IRET);
    [0x20, 0x900, ONE | Rflags.Cf].forEach((slot, i) =>
      machine.core.words.setUint16(0x20ff0 + i * 2, slot, true),
    );
    machine.run(1);
    expect([machine.rip, machine.selector(Seg.Cs), machine.rsp]).toEqual([0x20, 0x900, 0xff6]);
    // IF is popped, IOPL and VM are not.
    expect(machine.flags).toBe(ONE | Rflags.Cf | Rflags.Vm | Rflags.Iopl);
  });

  it('goes to the handler of the program under VME, with VIF as IF', async () => {
    const machine = await enterV86(ONE | Rflags.Vm | Rflags.If);
    machine.core.state.setBig('cr4', 1n);
    machine.core.exports.setRflags(BigInt(ONE | Rflags.Vm | Rflags.If | Rflags.Vif));
    const tr = machine.core.state.segment(Seg.Tr);
    machine.core.state.setSegment(Seg.Tr, { ...tr, limit: 0x200 });
    machine.core.words.setUint16(0x3066, 0x88, true);
    machine.word(0x80 * 4, (0x0900 << 16) | 0x33);
    machine.code(0x8100, 'cd 80');
    machine.run(1);
    expect([machine.rip, machine.selector(Seg.Cs)]).toEqual([0x33, 0x900]);
    expect(machine.getWord16(0x20ff0 - 2)).toBe(ONE | Rflags.If | Rflags.Iopl);
    expect(machine.flags & (Rflags.Vif | Rflags.If)).toBe(Rflags.If);
  });
});

describe('64-bit mode', () => {
  it('pops SS and RSP to the same level too', async () => {
    const machine = await longIret([HANDLER, CODE0, ONE, 0x1234, DATA0]);
    machine.run(1);
    expect([machine.rip, machine.rsp, machine.selector(Seg.Ss)]).toEqual([HANDLER, 0x1234, DATA0]);
  });

  it('accepts a null SS below level 3', async () => {
    const machine = await longIret([HANDLER, CODE0, ONE, 0x1234, 0]);
    machine.run(1);
    expect([machine.rip, machine.rsp, machine.selector(Seg.Ss)]).toEqual([HANDLER, 0x1234, 0]);
  });

  it('returns to compatibility mode with a 32-bit stack pointer', async () => {
    const machine = await longIret([HANDLER, FREE | 3, ONE, USER_STACK, DATA3]);
    machine.setDescriptor(FREE, { type: CODE_TYPE | DPL3 });
    machine.run(1);
    expect([machine.rip, machine.rsp, machine.core.state.get('cpl')]).toEqual([HANDLER, USER_STACK, 3]);
    // INC EAX in 32-bit code would be a REX prefix in 64-bit code.
    machine.code(HANDLER, '40 eb fe');
    machine.run(1);
    expect(machine.core.state.num('rax')).toBe(1);
    expect(machine.rip).toBe(HANDLER + 1);
  });

  it('has forms of 2 and 4 bytes', async () => {
    for (const [code, bytes] of [
      ['66 cf', 2],
      ['cf', 4],
    ] as const) {
      const machine = await longIret([], code);
      machine.core.state.setBig('rsp', 0x7000n);
      frame(machine, bytes, [HANDLER, CODE0, ONE, 0x6000, DATA0]);
      machine.run(1);
      expect([machine.rip, machine.rsp]).toEqual([HANDLER, 0x6000]);
    }
  });

  it.each([
    ['a null SS at level 3', [HANDLER, CODE3, ONE, USER_STACK, 3]],
    ['an address that is not canonical', [2 ** 47, CODE0, ONE, STACK, DATA0]],
  ])('refuses %s', async (_what, slots) => {
    const machine = await longIret(slots);
    machine.run(1);
    expect([machine.rip, Number(machine.getQuad(machine.rsp))]).toEqual([FAULT_HANDLER, 0]);
  });

  it('knows no nested tasks', async () => {
    const machine = await longIret([HANDLER, CODE0, ONE, STACK, DATA0]);
    machine.flags = ONE | Rflags.Nt;
    machine.run(1);
    expect([machine.rip, Number(machine.getQuad(machine.rsp))]).toEqual([FAULT_HANDLER, 0]);
  });
});

describe('single step', () => {
  it('traps after the instruction that follows an IRET that sets TF', async () => {
    const machine = await protectedIret([HANDLER, CODE0, ONE | Rflags.Tf]);
    machine.code(HANDLER, '90 90');
    machine.setGate(Vector.Db, FAULT_HANDLER);
    machine.run(2);
    machine.run(1);
    expect(machine.rip).toBe(FAULT_HANDLER);
    expect(machine.getWord(machine.rsp)).toBe(HANDLER + 1);
  });
});

describe('NMI masks', () => {
  const masks = (machine: SegmentedMachine) =>
    ['nmiMask', 'virtualNmiMask'].map((name) => machine.core.state.get(name));

  async function masked(slots: number[]): Promise<SegmentedMachine> {
    const machine = await protectedIret(slots);
    machine.core.state.set('nmiMask', 1);
    machine.core.state.set('virtualNmiMask', 1);
    return machine;
  }

  it('clears the physical mask', async () => {
    const machine = await masked([HANDLER, CODE0, ONE]);
    machine.run(1);
    expect(masks(machine)).toEqual([0, 1]);
  });

  it('clears the virtual mask in a guest that has one', async () => {
    const machine = await masked([HANDLER, CODE0, ONE]);
    machine.core.state.set('inGuest', 1);
    machine.core.state.set('virtualNmiEnabled', 1);
    machine.run(1);
    expect(masks(machine)).toEqual([1, 0]);
  });

  it('leaves the mask when it faults, unless the processor is told otherwise', async () => {
    for (const choice of [0, 1]) {
      const machine = await masked([HANDLER, 0, ONE]);
      machine.core.state.set('faultingIretUnmasks', choice);
      machine.run(1);
      expect(machine.rip).toBe(FAULT_HANDLER);
      expect(masks(machine)).toEqual([1 - choice, 1]);
    }
  });

  it('stops at the boundary after it if somebody watches', async () => {
    const machine = await masked([HANDLER, CODE0, ONE]);
    machine.core.state.set('watch', Watch.Iret);
    expect(machine.run(5)).toBe(Stop.Boundary);
    expect(machine.rip).toBe(HANDLER);
  });

  it('exits before anything else when intercepted', async () => {
    const machine = await masked([HANDLER, 0, ONE]);
    const { state } = machine.core;
    state.set('inGuest', 1);
    state.set('intercepts3', 1 << (ExitCode.Iret & 31));
    expect(machine.run(1)).toBe(Stop.Exit);
    expect([state.num('exitCode'), state.num('exitNextRip')]).toEqual([ExitCode.Iret, CODE + 1]);
    expect([machine.rip, ...masks(machine)]).toEqual([CODE, 1, 1]);
  });
});
