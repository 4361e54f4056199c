/** What an access to a segment must satisfy, and how segment registers are loaded (APM vol 2 §4.5 to §4.12). */
import { describe, expect, it } from 'vitest';
import { Seg } from '../../assembly/abi/register.js';
import { Stop } from '../../assembly/abi/stop.js';
import { Vector } from '../../assembly/abi/vector.js';
import { Watch } from '../../assembly/abi/watch.js';
import {
  BIG,
  CODE,
  CODE0,
  CODE3,
  CODE_TYPE,
  DATA0,
  DATA3,
  DATA_TYPE,
  FAULT_HANDLER,
  FREE,
  GDT,
  GRANULAR,
  SegmentedMachine,
  STACK,
  TSS,
} from '../helpers/segmented-machine.js';

const READ_ONLY = 0x90;
const EXPAND_DOWN = 0x96;
const EXECUTE_ONLY = 0x98;
const CONFORMING = 0x04;
const NOT_PRESENT = ~0x80;
/** MOV EAX, [ES:EBX] and MOV [ES:EBX], EAX. */
const READ_ES = '26 8b 03';
const WRITE_ES = '26 89 03';
/** MOV ES, AX; MOV SS, AX; MOV DS, AX. */
const MOV_ES = '8e c0';
const MOV_SS = '8e d0';

async function machineWith(code: string, level: 0 | 3 = 0): Promise<SegmentedMachine> {
  const machine = await SegmentedMachine.protected();
  machine.code(CODE, code);
  for (const vector of [Vector.Gp, Vector.Np, Vector.Ss]) machine.setGate(vector, FAULT_HANDLER);
  machine.enterLevel(level);
  return machine;
}

describe('an access through a segment', () => {
  const AT = 0x7000;

  async function access(code: string, type: number, limit: number, flags: number, offset: number) {
    const machine = await machineWith(code);
    machine.setDescriptor(FREE, { type, limit, flags });
    machine.loadSegment(Seg.Es, FREE);
    machine.core.exports.updateMode();
    machine.core.state.setNum('rbx', offset);
    machine.run(1);
    return machine.rip === FAULT_HANDLER ? 'fault' : 'done';
  }

  it.each([
    ['the last doubleword', DATA_TYPE, AT + 3, BIG, AT, 'done'],
    ['one byte beyond the limit', DATA_TYPE, AT + 2, BIG, AT, 'fault'],
    ['the first bytes above an expand-down limit', EXPAND_DOWN, AT - 1, BIG, AT, 'done'],
    ['bytes at an expand-down limit', EXPAND_DOWN, AT, BIG, AT, 'fault'],
    ['an expand-down segment of 64 KiB, at its end', EXPAND_DOWN, 0, 0, 0xfffc, 'done'],
    ['an expand-down segment of 64 KiB, beyond its end', EXPAND_DOWN, 0, 0, 0xfffd, 'fault'],
    ['readable code', CODE_TYPE, AT + 3, BIG, AT, 'done'],
    ['code that can only be executed', EXECUTE_ONLY, AT + 3, BIG, AT, 'fault'],
    ['a segment that is not present', DATA_TYPE & NOT_PRESENT, AT + 3, BIG, AT, 'fault'],
  ])('reads %s', async (_what, type, limit, flags, offset, outcome) => {
    expect(await access(READ_ES, type, limit, flags, offset)).toBe(outcome);
  });

  it.each([
    ['data', DATA_TYPE, 'done'],
    ['data that is read-only', READ_ONLY, 'fault'],
    ['code', CODE_TYPE, 'fault'],
  ])('writes %s', async (_what, type, outcome) => {
    expect(await access(WRITE_ES, type, 0xffff, BIG, AT)).toBe(outcome);
  });

  it('adds the base and wraps at 4 GiB', async () => {
    const machine = await machineWith(READ_ES);
    machine.setDescriptor(FREE, { type: DATA_TYPE, base: 0xffff_f000, flags: GRANULAR | BIG });
    machine.loadSegment(Seg.Es, FREE);
    machine.core.exports.updateMode();
    machine.word(0x7004, 0x600d_600d);
    machine.core.state.setBig('rbx', 0x8004n);
    machine.run(1);
    expect(machine.core.state.num('rax')).toBe(0x600d_600d);
  });

  it('raises #SS for the stack segment', async () => {
    const machine = await machineWith('36 8b 03');
    machine.setDescriptor(FREE, { type: DATA_TYPE, limit: STACK, flags: BIG });
    machine.loadSegment(Seg.Ss, FREE);
    machine.core.exports.updateMode();
    machine.setGate(Vector.Gp, FAULT_HANDLER + 0x40);
    machine.core.state.setNum('rbx', STACK);
    machine.run(1);
    expect([machine.rip, machine.getWord(machine.rsp)]).toEqual([FAULT_HANDLER, 0]);
  });

  it('has only limits in real mode', async () => {
    for (const [offset, rip] of [
      [0xfffc, CODE + 4],
      [0xfffd, FAULT_HANDLER],
    ] as const) {
      const machine = await SegmentedMachine.real();
      machine.word(Vector.Gp * 4, FAULT_HANDLER);
      machine.code(CODE, '66 26 89 07');
      machine.loadSegment(Seg.Es, 0);
      machine.core.state.setSegment(Seg.Es, { selector: 0, attributes: READ_ONLY, limit: 0xffff, base: 0n });
      machine.core.state.setNum('rbx', offset);
      machine.run(1);
      expect(machine.rip).toBe(rip);
    }
  });
});

describe('an operand of two parts', () => {
  /** BOUND EAX, [ES:EBX] and LES ECX, [ES:EBX]. */
  const BOUND = '26 62 03';
  const LES = '26 c4 0b';
  const BASE = 0x8_0000;

  // Zen 4 makes two accesses of it, whose effective addresses wrap one by one.
  it.each([
    ['BOUND wraps between its bounds', BOUND, 0xffff_fffc, CODE + 3],
    ['BOUND does not wrap within one', BOUND, 0xffff_fffa, FAULT_HANDLER],
    ['LES wraps before the selector', LES, 0xffff_fffc, CODE + 3],
    ['LES does not wrap within the offset', LES, 0xffff_fffd, FAULT_HANDLER],
  ])('at 4 GiB: %s', async (_what, code, offset, rip) => {
    const machine = await machineWith(code);
    machine.setDescriptor(FREE, { type: DATA_TYPE, base: BASE });
    machine.loadSegment(Seg.Es, FREE);
    machine.core.exports.updateMode();
    machine.core.state.setNum('rbx', offset);
    machine.word(BASE - 4, -1);
    machine.word(BASE, DATA0);
    machine.run(1);
    expect(machine.rip).toBe(rip);
  });
});

describe('loading a data segment', () => {
  it('reads the descriptor and marks it accessed', async () => {
    const machine = await machineWith(MOV_ES);
    machine.setDescriptor(FREE, { type: 0x92, base: 0x12_3456, limit: 0xabc, flags: GRANULAR | BIG });
    machine.core.state.setNum('rax', FREE);
    machine.run(1);
    expect(machine.core.state.segment(Seg.Es)).toEqual({
      selector: FREE,
      attributes: 0xc93,
      limit: 0xabcfff,
      base: 0x12_3456n,
    });
    expect(machine.core.memory[GDT + FREE + 5]).toBe(0x93);
  });

  it('accepts null and faults when it is used', async () => {
    const machine = await machineWith(`${MOV_ES} ${READ_ES}`);
    machine.core.state.setNum('rax', 3);
    machine.run(1);
    expect([machine.selector(Seg.Es), machine.core.state.segment(Seg.Es).attributes]).toEqual([3, 0]);
    machine.run(1);
    expect([machine.rip, machine.getWord(machine.rsp + 4)]).toEqual([FAULT_HANDLER, CODE + 2]);
  });

  it.each([
    ['code that cannot be read', EXECUTE_ONLY, FREE, 0, FREE],
    ['a TSS', 0x89, FREE, 0, FREE],
    ['data of an inner level', DATA_TYPE, FREE, 3, FREE],
    ['data with an RPL above its DPL', DATA_TYPE, FREE | 3, 0, FREE],
    ['a selector outside of the table', DATA_TYPE, 0x3000, 0, 0x3000],
    ['a selector of the LDT when there is none', DATA_TYPE, 0x0c, 0, 0x0c],
    ['data that is not present', DATA_TYPE & NOT_PRESENT, FREE, 0, FREE],
  ] as const)('refuses %s', async (_what, type, selector, level, code) => {
    const machine = await machineWith(MOV_ES, level);
    machine.setDescriptor(FREE, { type });
    if (level === 0)
      machine.core.state.setSegment(Seg.Ldtr, { selector: 0, attributes: 0, limit: 0, base: 0n });
    machine.core.state.setNum('rax', selector);
    machine.run(1);
    expect([machine.rip, machine.getWord(machine.rsp)]).toEqual([FAULT_HANDLER, code]);
    expect(machine.selector(Seg.Es)).toBe(level === 3 ? DATA3 : DATA0);
  });

  it('lets every level read conforming code', async () => {
    const machine = await machineWith(MOV_ES, 3);
    machine.setDescriptor(FREE, { type: CODE_TYPE | CONFORMING });
    machine.core.state.setNum('rax', FREE | 3);
    machine.run(1);
    expect(machine.selector(Seg.Es)).toBe(FREE | 3);
  });
});

describe('loading SS', () => {
  it.each([
    ['a null selector', 0, 0],
    ['another level', DATA3, DATA3 & ~3],
    ['an RPL of another level', DATA0 | 1, DATA0],
    ['code', CODE0, CODE0],
    ['data that is read-only', FREE, FREE],
  ])('refuses %s', async (_what, selector, code) => {
    const machine = await machineWith(MOV_SS);
    machine.setDescriptor(FREE, { type: READ_ONLY });
    machine.core.state.setNum('rax', selector);
    machine.run(1);
    expect([machine.rip, machine.getWord(machine.rsp), machine.selector(Seg.Ss)]).toEqual([
      FAULT_HANDLER,
      code,
      DATA0,
    ]);
  });

  it('raises #SS for a stack that is not present', async () => {
    const machine = await machineWith(MOV_SS);
    machine.setGate(Vector.Gp, FAULT_HANDLER + 0x40);
    machine.setDescriptor(FREE, { type: DATA_TYPE & NOT_PRESENT });
    machine.core.state.setNum('rax', FREE);
    machine.run(1);
    expect([machine.rip, machine.getWord(machine.rsp)]).toEqual([FAULT_HANDLER, FREE]);
  });

  it('opens a shadow of one instruction', async () => {
    const machine = await machineWith(`${MOV_SS} 90 90`);
    machine.core.state.setNum('rax', DATA0);
    machine.run(1);
    expect([machine.core.state.get('shadow'), machine.core.state.get('shadowHoldsDebug')]).toEqual([1, 1]);
    machine.run(1);
    expect(machine.core.state.get('shadow')).toBe(0);
  });

  it('opens a shadow that ends when an exception discards it, for whoever waits', async () => {
    const machine = await machineWith(`${MOV_SS} 0f 0b`);
    machine.setGate(Vector.Ud, FAULT_HANDLER);
    machine.core.state.setNum('rax', DATA0);
    machine.core.state.set('watch', Watch.ShadowEnd);
    expect(machine.run(5)).toBe(Stop.Boundary);
    expect([machine.rip, machine.core.state.get('shadow')]).toEqual([FAULT_HANDLER, 0]);
  });

  it('moves the pointer of POP SS as wide as the old stack', async () => {
    // POP SS with 32-bit operands.
    const machine = await machineWith('17');
    machine.setDescriptor(FREE, { type: DATA_TYPE, flags: 0, limit: 0xffff });
    machine.word(STACK - 4, FREE);
    machine.core.state.setNum('rsp', STACK - 4);
    machine.run(1);
    expect([machine.selector(Seg.Ss), machine.rsp, machine.rip]).toEqual([FREE, STACK, CODE + 1]);
  });

  it('accepts null in 64-bit mode below level 3', async () => {
    for (const level of [0, 3] as const) {
      const machine = await SegmentedMachine.long();
      machine.setLongGate(Vector.Gp, FAULT_HANDLER);
      machine.code(CODE, MOV_SS);
      machine.enterLevel(level);
      machine.core.state.setNum('rax', level);
      machine.run(1);
      expect(machine.rip).toBe(level === 0 ? CODE + 2 : FAULT_HANDLER);
    }
  });
});

describe('POP of a data segment', () => {
  it('leaves the stack pointer when the selector is bad', async () => {
    const machine = await machineWith('07');
    machine.word(STACK - 4, CODE3);
    machine.setDescriptor(CODE3, { type: EXECUTE_ONLY });
    machine.core.state.setNum('rsp', STACK - 4);
    machine.run(1);
    expect([machine.rip, machine.rsp]).toEqual([FAULT_HANDLER, STACK - 4 - 16]);
  });
});

describe('real mode', () => {
  it('loads the base and keeps a limit of 4 GiB', async () => {
    const machine = await SegmentedMachine.real();
    machine.code(CODE, MOV_ES);
    machine.core.state.setSegment(Seg.Es, { selector: 0, attributes: 0xc93, limit: 0xffff_ffff, base: 0n });
    machine.core.state.setNum('rax', 0x1234);
    machine.run(1);
    expect(machine.core.state.segment(Seg.Es)).toEqual({
      selector: 0x1234,
      attributes: 0xc93,
      limit: 0xffff_ffff,
      base: 0x12340n,
    });
  });
});

it('uses the bases of FS and GS in 64-bit mode, and no other', async () => {
  const machine = await SegmentedMachine.long();
  // MOV RAX, [FS:RBX]; MOV RCX, [ES:RBX]
  machine.code(CODE, '64 48 8b 03 26 48 8b 0b');
  for (const seg of [Seg.Fs, Seg.Es]) {
    machine.core.state.setSegment(seg, { ...machine.core.state.segment(seg), base: BigInt(TSS), limit: 0 });
  }
  machine.core.exports.updateMode();
  machine.quad(TSS + 0x80, 111n);
  machine.quad(0x80, 222n);
  machine.core.state.setNum('rbx', 0x80);
  machine.run(2);
  expect([machine.core.state.num('rax'), machine.core.state.num('rcx')]).toEqual([111, 222]);
});
