/** LLDT, LTR, SLDT, STR and what programs may ask about selectors (APM vol 3; vol 2 Table 15-7). */
import { describe, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { Cr4, Rflags } from '../../../assembly/abi/processor-bits.js';
import { Seg } from '../../../assembly/abi/register.js';
import { Stop } from '../../../assembly/abi/stop.js';
import { Vector } from '../../../assembly/abi/vector.js';
import {
  BIG,
  CODE,
  CODE0,
  CODE_TYPE,
  DATA0,
  DATA3,
  DATA_TYPE,
  DPL3,
  FAULT_HANDLER,
  FREE,
  GDT,
  GRANULAR,
  LDT,
  SegmentedMachine,
  TSS_SELECTOR,
} from '../../helpers/segmented-machine.js';

/** On AX (and EBX as destination). */
const LLDT = '0f 00 d0';
const LTR = '0f 00 d8';
const SLDT = '0f 00 c3';
const STR = '0f 00 cb';
const LAR = '0f 02 d8';
const LSL = '0f 03 d8';
const VERR = '0f 00 e0';
const VERW = '0f 00 e8';
const ARPL = '63 d8';
const LDT_TYPE = 0x82;
const TSS_TYPE = 0x89;

async function machineWith(code: string, level: 0 | 3 = 0): Promise<SegmentedMachine> {
  const machine = await SegmentedMachine.protected();
  machine.code(CODE, code);
  for (const vector of [Vector.Ud, Vector.Gp, Vector.Np]) machine.setGate(vector, FAULT_HANDLER);
  machine.enterLevel(level);
  machine.core.state.setNum('rax', FREE);
  return machine;
}

describe('LLDT and LTR', () => {
  it('load an LDT', async () => {
    const machine = await machineWith(LLDT);
    machine.setDescriptor(FREE, { type: LDT_TYPE, base: LDT, limit: 0x1f, flags: 0 });
    machine.run(1);
    expect(machine.core.state.segment(Seg.Ldtr)).toEqual({
      selector: FREE,
      attributes: LDT_TYPE,
      limit: 0x1f,
      base: BigInt(LDT),
    });
  });

  it('mark the TSS busy in memory and in TR', async () => {
    const machine = await machineWith(LTR);
    machine.setDescriptor(FREE, { type: TSS_TYPE, base: 0x5000, limit: 0x67, flags: 0 });
    machine.run(1);
    expect(machine.core.state.segment(Seg.Tr)).toMatchObject({ selector: FREE, attributes: 0x8b });
    expect(machine.core.memory[GDT + FREE + 5]).toBe(0x8b);
  });

  it('take 16 bytes in long mode', async () => {
    const machine = await SegmentedMachine.long();
    machine.code(CODE, LTR);
    machine.setDescriptor(FREE, { type: TSS_TYPE, base: 0x5000, limit: 0x67, flags: 0 });
    machine.quad(GDT + FREE + 8, 0xffff_8000n);
    machine.core.state.setNum('rax', FREE);
    machine.run(1);
    expect(machine.core.state.segment(Seg.Tr).base).toBe(0xffff_8000_0000_5000n);
  });

  it.each([
    ['LLDT of a TSS', LLDT, TSS_TYPE, FREE, FREE],
    ['LLDT of an absent LDT', LLDT, LDT_TYPE & 0x7f, FREE, FREE],
    ['LLDT of a selector of the LDT', LLDT, LDT_TYPE, FREE | 4, FREE | 4],
    ['LTR of a busy TSS', LTR, 0x8b, FREE, FREE],
    ['LTR of null', LTR, TSS_TYPE, 0, 0],
  ])('refuse %s', async (_what, code, type, selector, error) => {
    const machine = await machineWith(code);
    machine.setDescriptor(FREE, { type, base: 0x5000, limit: 0x67, flags: 0 });
    machine.core.state.setNum('rax', selector);
    machine.run(1);
    expect([machine.rip, machine.getWord(machine.rsp)]).toEqual([FAULT_HANDLER, error]);
    expect(machine.selector(Seg.Tr)).toBe(TSS_SELECTOR);
  });

  it('need level 0, before their intercept; the descriptor comes after it', async () => {
    for (const [level, stop] of [
      [3, Stop.Budget],
      [0, Stop.Exit],
    ] as const) {
      const machine = await machineWith(LTR, level);
      machine.core.state.set('inGuest', 1);
      machine.core.state.set('intercepts3', 1 << (ExitCode.TrWrite & 31));
      machine.core.state.setNum('rax', 0);
      expect(machine.run(1)).toBe(stop);
      expect(machine.rip).toBe(stop === Stop.Exit ? CODE : FAULT_HANDLER);
    }
  });
});

describe('SLDT and STR', () => {
  it('store selectors, at level 3 unless UMIP forbids it', async () => {
    for (const [umip, rip] of [
      [0, CODE + 3],
      [Cr4.Umip, FAULT_HANDLER],
    ] as const) {
      const machine = await machineWith(STR, 3);
      machine.core.state.setNum('cr4', umip);
      machine.run(1);
      expect(machine.rip).toBe(rip);
      if (umip === 0) expect(machine.core.state.num('rbx')).toBe(TSS_SELECTOR);
    }
  });

  it('do not exist in real mode', async () => {
    const machine = await SegmentedMachine.real();
    machine.code(CODE, SLDT);
    machine.word(Vector.Ud * 4, FAULT_HANDLER);
    machine.run(1);
    expect(machine.rip).toBe(FAULT_HANDLER);
  });
});

describe('LAR and LSL', () => {
  const isVisible = (machine: SegmentedMachine) => (machine.flags & Rflags.Zf) !== 0;

  it('show access rights and the expanded limit', async () => {
    for (const [code, result] of [
      [LAR, 0x00cf_9300],
      [LSL, 0xffff_ffff],
    ] as const) {
      const machine = await machineWith(code);
      machine.core.state.setNum('rax', DATA0);
      machine.run(1);
      expect([isVisible(machine), machine.core.state.num('rbx')]).toEqual([true, result]);
    }
  });

  it.each([
    ['LAR of a call gate', LAR, 0x8c, FREE, true],
    ['LSL of a call gate', LSL, 0x8c, FREE, false],
    ['LAR of an interrupt gate', LAR, 0x8e, FREE, false],
    ['LSL of a TSS', LSL, 0x8b, FREE, true],
    ['LAR beyond the privilege', LAR, DATA_TYPE, FREE | 3, false],
    ['LAR of conforming code at any privilege', LAR, CODE_TYPE | 4, FREE | 3, true],
    ['LAR of null', LAR, DATA_TYPE, 0, false],
    ['LAR outside of the table', LAR, DATA_TYPE, 0x3000, false],
  ])('%s', async (_what, code, type, selector, expected) => {
    const machine = await machineWith(code);
    machine.setDescriptor(FREE, { type, flags: GRANULAR | BIG });
    machine.core.state.setNum('rax', selector);
    machine.core.state.setNum('rbx', 0x5555);
    machine.run(1);
    expect(isVisible(machine)).toBe(expected);
    expect(machine.core.state.num('rbx') === 0x5555).toBe(!expected);
  });
});

describe('VERR, VERW and ARPL', () => {
  it.each([
    ['VERR of data', VERR, DATA0, 0, true],
    ['VERW of data', VERW, DATA0, 0, true],
    ['VERR of readable code', VERR, CODE0, 0, true],
    ['VERW of code', VERW, CODE0, 0, false],
    ['VERR of data of an inner level', VERR, DATA0, 3, false],
    ['VERW of data of this level', VERW, DATA3, 3, true],
    ['VERR of a TSS', VERR, TSS_SELECTOR, 0, false],
    ['VERR of execute-only code', VERR, FREE, 0, false],
  ] as const)('%s', async (_what, code, selector, level, expected) => {
    const machine = await machineWith(code, level);
    machine.setDescriptor(FREE, { type: 0x98 | DPL3 });
    machine.core.state.setNum('rax', selector);
    machine.run(1);
    expect((machine.flags & Rflags.Zf) !== 0).toBe(expected);
  });

  it('raise the RPL and never lower it', async () => {
    for (const [to, from, result, isRaised] of [
      [DATA0, 3, DATA0 | 3, true],
      [DATA0 | 3, 1, DATA0 | 3, false],
    ] as const) {
      const machine = await machineWith(ARPL);
      machine.core.state.setNum('rax', to);
      machine.core.state.setNum('rbx', from);
      machine.run(1);
      expect(machine.core.state.num('rax')).toBe(result);
      expect((machine.flags & Rflags.Zf) !== 0).toBe(isRaised);
    }
  });
});
