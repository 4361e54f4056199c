/** Far jumps, calls and returns (APM vol 2 §4.11; vol 3 JMP, CALL, RET). */
import { describe, expect, it } from 'vitest';
import { Seg } from '../../../assembly/abi/register.js';
import { Vector } from '../../../assembly/abi/vector.js';
import {
  BIG,
  CALL_GATE,
  CALL_GATE_16,
  CODE,
  CODE0,
  CODE3,
  CODE_TYPE,
  DATA0,
  DATA3,
  DATA_TYPE,
  DPL3,
  FAULT_HANDLER,
  FREE,
  gate,
  GDT,
  GRANULAR,
  HANDLER,
  INNER_STACK,
  LONG,
  SegmentedMachine,
  STACK,
  TSS,
  USER_STACK,
} from '../../helpers/segmented-machine.js';

const CONFORMING = 0x04;
const RETF = 'cb';

const hex16 = (value: number) => Buffer.from(Uint16Array.of(value).buffer).toString('hex');
const hex32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer).toString('hex');
/** JMP and CALL ptr16:32. */
const jmp = (selector: number, offset: number) => `ea ${hex32(offset)} ${hex16(selector)}`;
const call = (selector: number, offset: number) => `9a ${hex32(offset)} ${hex16(selector)}`;
const CALL_BYTES = 7;

async function machineWith(code: string, level: 0 | 3 = 0): Promise<SegmentedMachine> {
  const machine = await SegmentedMachine.protected();
  machine.code(CODE, code);
  for (const vector of [Vector.Gp, Vector.Np, Vector.Ss, Vector.Ts]) machine.setGate(vector, FAULT_HANDLER);
  machine.enterLevel(level);
  return machine;
}

function setCallGate(machine: SegmentedMachine, type: number, count = 0, selector = CODE0): void {
  machine.quad(GDT + FREE, gate(selector, HANDLER, type, count));
}

/** The fault, as its handler finds it: error code and return address. */
function fault(machine: SegmentedMachine): [number, number, number] {
  return [machine.rip, machine.getWord(machine.rsp), machine.getWord(machine.rsp + 4)];
}

describe('real mode', () => {
  it('jumps, keeping the limit of CS', async () => {
    const machine = await SegmentedMachine.real();
    machine.code(CODE, 'ea 34 12 00 09');
    machine.run(1);
    expect([machine.rip, machine.selector(Seg.Cs)]).toEqual([0x1234, 0x900]);
    expect(machine.core.state.segment(Seg.Cs)).toMatchObject({ base: 0x9000n, limit: 0xffff });
  });

  it('calls and returns, releasing parameters', async () => {
    const machine = await SegmentedMachine.real();
    machine.code(CODE, '9a 34 12 00 09');
    machine.code(0x9000 + 0x1234, 'ca 06 00');
    machine.run(1);
    expect([0, 2].map((at) => machine.getWord16(machine.rsp + at))).toEqual([CODE + 5, 0]);
    machine.run(1);
    expect([machine.rip, machine.selector(Seg.Cs), machine.rsp]).toEqual([CODE + 5, 0, 0xf000 + 6]);
  });
});

describe('to a code segment', () => {
  it('jumps within the level and takes the RPL from it', async () => {
    const machine = await machineWith(jmp(CODE3 & ~3, HANDLER), 3);
    machine.run(1);
    expect([machine.rip, machine.selector(Seg.Cs)]).toEqual([HANDLER, CODE3]);
  });

  it('calls into a 16-bit segment', async () => {
    const machine = await machineWith(call(FREE, HANDLER));
    machine.setDescriptor(FREE, { type: CODE_TYPE, flags: 0, limit: 0xffff });
    machine.run(1);
    expect([machine.rip, machine.selector(Seg.Cs), machine.rsp]).toEqual([HANDLER, FREE, STACK - 8]);
    expect([0, 4].map((at) => machine.getWord(machine.rsp + at))).toEqual([CODE + CALL_BYTES, CODE0]);
    // INC AX in 16-bit code is one byte and keeps the upper half.
    machine.code(HANDLER, '40 eb fe');
    machine.core.state.setBig('rax', 0xffff_ffffn);
    machine.run(1);
    expect(machine.core.state.num('rax')).toBe(0xffff0000);
  });

  it('enters conforming code of an inner level without a change of level', async () => {
    const machine = await machineWith(jmp(FREE, HANDLER), 3);
    machine.setDescriptor(FREE, { type: CODE_TYPE | CONFORMING });
    machine.run(1);
    expect([machine.rip, machine.selector(Seg.Cs), machine.core.state.get('cpl')]).toEqual([
      HANDLER,
      FREE | 3,
      3,
    ]);
  });

  it.each([
    ['data', DATA_TYPE, FREE, 0, FREE],
    ['an outer level', CODE_TYPE | DPL3, FREE, 0, FREE],
    ['conforming code of an outer level', CODE_TYPE | CONFORMING | DPL3, FREE, 0, FREE],
    ['an inner level', CODE_TYPE, FREE | 3, 3, FREE],
    ['an RPL above the level', CODE_TYPE, FREE | 3, 0, FREE],
    ['code that is not present', CODE_TYPE & 0x7f, FREE, 0, FREE],
    ['a null selector', CODE_TYPE, 2, 0, 0],
    ['a selector outside of the table', CODE_TYPE, 0x3000, 0, 0x3000],
  ] as const)('refuses %s', async (_what, type, selector, level, code) => {
    const machine = await machineWith(jmp(selector, HANDLER), level);
    machine.setDescriptor(FREE, { type });
    machine.run(1);
    expect(fault(machine)).toEqual([FAULT_HANDLER, code, CODE]);
  });

  it('refuses an offset beyond the limit before it pushes', async () => {
    const machine = await machineWith(call(FREE, 0x1000));
    machine.setDescriptor(FREE, { type: CODE_TYPE, limit: 0, flags: GRANULAR | BIG });
    machine.run(1);
    expect(fault(machine)).toEqual([FAULT_HANDLER, 0, CODE]);
    expect(machine.rsp).toBe(STACK - 16);
  });
});

describe('through a call gate', () => {
  it('calls an inner level and copies parameters', async () => {
    const machine = await machineWith(call(FREE | 3, 0xdead), 3);
    setCallGate(machine, CALL_GATE | DPL3, 2);
    machine.word(USER_STACK - 8, 0x1111);
    machine.word(USER_STACK - 4, 0x2222);
    machine.core.state.setBig('rsp', BigInt(USER_STACK - 8));
    machine.run(1);
    const slots = [0, 4, 8, 12, 16, 20].map((at) => machine.getWord(INNER_STACK - 24 + at));
    expect(slots).toEqual([CODE + CALL_BYTES, CODE3, 0x1111, 0x2222, USER_STACK - 8, DATA3]);
    expect([machine.rip, machine.selector(Seg.Cs), machine.selector(Seg.Ss)]).toEqual([
      HANDLER,
      CODE0,
      DATA0,
    ]);
    expect([machine.rsp, machine.core.state.get('cpl')]).toEqual([INNER_STACK - 24, 0]);
  });

  it('is left by RETF n, which releases the parameters on both stacks', async () => {
    const machine = await machineWith(call(FREE | 3, 0), 3);
    setCallGate(machine, CALL_GATE | DPL3, 2);
    machine.code(HANDLER, 'ca 08 00');
    machine.core.state.setBig('rsp', BigInt(USER_STACK - 8));
    machine.loadSegment(Seg.Es, DATA0);
    machine.run(2);
    expect([machine.rip, machine.selector(Seg.Cs), machine.rsp]).toEqual([
      CODE + CALL_BYTES,
      CODE3,
      USER_STACK,
    ]);
    // Level 3 may not keep a segment of level 0.
    expect([machine.selector(Seg.Es), machine.selector(Seg.Ds)]).toEqual([0, DATA3]);
  });

  it('pushes words through a 16-bit gate', async () => {
    const machine = await machineWith(call(FREE, 0));
    setCallGate(machine, CALL_GATE_16);
    machine.run(1);
    expect([0, 2].map((at) => machine.getWord16(STACK - 4 + at))).toEqual([CODE + CALL_BYTES, CODE0]);
    expect(machine.rsp).toBe(STACK - 4);
  });

  it('stores the return address before it looks at the limit of the target', async () => {
    const machine = await machineWith(call(FREE | 3, 0), 3);
    machine.setDescriptor(FREE + 8, { type: CODE_TYPE | DPL3, limit: 0, flags: BIG });
    setCallGate(machine, CALL_GATE | DPL3, 0, (FREE + 8) | 3);
    machine.run(1);
    expect(fault(machine)).toEqual([FAULT_HANDLER, 0, CODE]);
    expect([machine.getWord(USER_STACK - 8), machine.getWord(USER_STACK - 4)]).toEqual([
      CODE + CALL_BYTES,
      CODE3,
    ]);
  });

  it('lets a jump only to the same level', async () => {
    const machine = await machineWith(jmp(FREE | 3, 0), 3);
    setCallGate(machine, CALL_GATE | DPL3);
    machine.run(1);
    expect(fault(machine)).toEqual([FAULT_HANDLER, CODE0, CODE]);
  });

  it.each([
    ['a gate of an inner level', CALL_GATE, 0, FREE],
    ['a gate that is not present', (CALL_GATE | DPL3) & 0x7f, 0, FREE],
    ['a gate to data', CALL_GATE | DPL3, DATA0, DATA0],
    ['a gate to nothing', CALL_GATE | DPL3, 1, 0],
    ['an interrupt gate', 0x8e | DPL3, 0, FREE],
  ])('refuses %s', async (_what, type, target, code) => {
    const machine = await machineWith(call(FREE | 3, 0), 3);
    setCallGate(machine, type, 0, target === 1 ? 0 : target || CODE0);
    machine.run(1);
    expect(fault(machine)).toEqual([FAULT_HANDLER, code, CODE]);
    expect(machine.getWord(INNER_STACK - 8)).toBe(USER_STACK);
  });

  it('raises #SS with the new selector when the inner stack is too small', async () => {
    const machine = await machineWith(call(FREE | 3, 0), 3);
    setCallGate(machine, CALL_GATE | DPL3);
    machine.setDescriptor(0x40, { type: DATA_TYPE, limit: 0xfff, flags: BIG });
    // The inner stack is outside of its segment; the fault's handler conforms, so that it needs none.
    machine.word(TSS + 8, 0x40);
    machine.setDescriptor(0x48, { type: CODE_TYPE | CONFORMING });
    machine.setGate(Vector.Ss, FAULT_HANDLER, 0x8e, 0x48);
    machine.run(1);
    expect(fault(machine)).toEqual([FAULT_HANDLER, 0x40, CODE]);
  });
});

describe('64-bit mode', () => {
  async function longMachine(code: string, level: 0 | 3): Promise<SegmentedMachine> {
    const machine = await SegmentedMachine.long();
    machine.code(CODE, code);
    machine.setLongGate(Vector.Gp, FAULT_HANDLER);
    machine.enterLevel(level);
    machine.word(0x7000, 0);
    machine.core.words.setUint16(0x7004, FREE | level, true);
    return machine;
  }
  /** CALL and JMP m16:32 at [7000h]. */
  const CALL_MEMORY = 'ff 1c 25 00 70 00 00';
  const JMP_MEMORY = 'ff 2c 25 00 70 00 00';

  it('calls through a 16-byte gate with a null SS and quadwords', async () => {
    const machine = await longMachine(CALL_MEMORY, 3);
    machine.quad(GDT + FREE, gate(CODE0, HANDLER, CALL_GATE | DPL3));
    machine.quad(GDT + FREE + 8, 0n);
    machine.run(1);
    const slots = [0, 8, 16, 24].map((at) => Number(machine.getQuad(INNER_STACK - 32 + at)));
    expect(slots).toEqual([CODE + 7, CODE3, USER_STACK, DATA3]);
    expect([machine.rip, machine.selector(Seg.Ss), machine.rsp]).toEqual([HANDLER, 0, INNER_STACK - 32]);
    machine.code(HANDLER, '48 cb');
    machine.run(1);
    expect([machine.rip, machine.rsp, machine.selector(Seg.Ss)]).toEqual([CODE + 7, USER_STACK, DATA3]);
  });

  it('refuses a gate whose upper half has a type', async () => {
    const machine = await longMachine(CALL_MEMORY, 0);
    machine.quad(GDT + FREE, gate(CODE0, HANDLER, CALL_GATE));
    machine.quad(GDT + FREE + 8, 1n << 40n);
    machine.run(1);
    expect([machine.rip, Number(machine.getQuad(machine.rsp))]).toEqual([FAULT_HANDLER, FREE]);
  });

  it('jumps to compatibility mode and back', async () => {
    const machine = await longMachine(JMP_MEMORY, 0);
    machine.setDescriptor(FREE, { type: CODE_TYPE });
    machine.word(0x7000, HANDLER);
    machine.code(HANDLER, `40 ${jmp(CODE0, CODE + 0x40)}`);
    machine.code(CODE + 0x40, '48 ff c0 eb fe');
    machine.core.state.setBig('rax', 0xffff_ffffn);
    machine.run(4);
    // INC EAX in 32-bit code wraps to zero; INC RAX follows in 64-bit code.
    expect([machine.core.state.num('rax'), machine.rip]).toEqual([1, CODE + 0x43]);
  });

  it.each([
    ['code that is 64- and 32-bit at once', CODE_TYPE, GRANULAR | BIG | LONG],
    ['a TSS', 0x89, 0],
    ['a 16-bit call gate', CALL_GATE_16, 0],
  ])('refuses %s', async (_what, type, flags) => {
    const machine = await longMachine(JMP_MEMORY, 0);
    machine.setDescriptor(FREE, { type, flags });
    machine.run(1);
    expect([machine.rip, Number(machine.getQuad(machine.rsp))]).toEqual([FAULT_HANDLER, FREE]);
  });
});

describe('far returns', () => {
  it('go to an outer level with its stack', async () => {
    const machine = await machineWith(RETF);
    [HANDLER, CODE3, USER_STACK, DATA3].forEach((slot, i) => machine.word(STACK - 16 + i * 4, slot));
    machine.core.state.setBig('rsp', BigInt(STACK - 16));
    machine.run(1);
    expect([machine.rip, machine.selector(Seg.Cs), machine.rsp]).toEqual([HANDLER, CODE3, USER_STACK]);
    expect([machine.selector(Seg.Ss), machine.selector(Seg.Ds)]).toEqual([DATA3, 0]);
  });

  it('refuse an inner level', async () => {
    const machine = await machineWith(RETF, 3);
    machine.word(USER_STACK - 8, HANDLER);
    machine.word(USER_STACK - 4, CODE0);
    machine.core.state.setBig('rsp', BigInt(USER_STACK - 8));
    machine.run(1);
    expect(fault(machine)).toEqual([FAULT_HANDLER, CODE0, CODE]);
  });

  it('raise #SS when the frame ends beyond the stack segment', async () => {
    const machine = await machineWith(RETF);
    machine.setDescriptor(0x40, { type: DATA_TYPE, limit: 0x20ffe, flags: BIG });
    machine.loadSegment(Seg.Ss, 0x40);
    machine.core.exports.updateMode();
    machine.core.state.setBig('rsp', 0x20ffcn);
    machine.run(1);
    expect(fault(machine)).toEqual([FAULT_HANDLER, 0, CODE]);
    expect(machine.rsp).toBe(0x20ffc - 16);
  });
});
