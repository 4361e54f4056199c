/** Delivery through IVT, gates and interrupt stacks, seen from frames in memory (APM vol 2 §8.6 to §8.9). */
import { describe, expect, it } from 'vitest';
import { Rflags } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import { Stop } from '../../assembly/abi/stop.js';
import { EventType, Vector } from '../../assembly/abi/vector.js';
import {
  BIG,
  CODE,
  CODE0,
  CODE3,
  CODE_TYPE,
  DATA0,
  DATA3,
  DPL3,
  FAULT_HANDLER,
  FREE,
  GDT,
  GRANULAR,
  HANDLER,
  INNER_STACK,
  INTERRUPT_GATE,
  INTERRUPT_GATE_16,
  IST_STACK,
  SegmentedMachine,
  STACK,
  TRAP_GATE,
  TSS,
  USER_STACK,
} from '../helpers/segmented-machine.js';

const INT_80H = 'cd 80';
const NOP = '90';
const UD2 = '0f 0b';
/** STI, IF set and the always-one bit. */
const ENABLED = Rflags.If | Rflags.Always1;

describe('real mode', () => {
  it('pushes FLAGS, CS and IP and loads the vector', async () => {
    const machine = await SegmentedMachine.real();
    machine.code(CODE, INT_80H);
    machine.word(0x80 * 4, (0x0900 << 16) | 0x0010);
    machine.flags = ENABLED;
    machine.run(1);
    expect([machine.selector(Seg.Cs), machine.rip]).toEqual([0x0900, 0x10]);
    expect(machine.rsp).toBe(0xf000 - 6);
    expect([0, 2, 4].map((at) => machine.getWord16(machine.rsp + at))).toEqual([CODE + 2, 0, ENABLED]);
    expect(machine.flags & Rflags.If).toBe(0);
  });

  it('raises #GP for a vector beyond the limit of the table', async () => {
    const machine = await SegmentedMachine.real();
    machine.code(CODE, INT_80H);
    machine.core.state.set('idtrLimit', 0x80 * 4 + 2);
    machine.word(Vector.Gp * 4, HANDLER);
    machine.run(1);
    expect(machine.rip).toBe(HANDLER);
    expect(machine.getWord16(machine.rsp)).toBe(CODE);
  });
});

it('lets time pass where handlers fault at once, on a stack that wraps', async () => {
  const machine = await SegmentedMachine.real();
  machine.code(CODE, UD2);
  machine.word(Vector.Ud * 4, CODE);
  machine.run(100);
  expect(machine.core.state.num('clock')).toBe(100);
  expect(machine.rip).toBe(CODE);
});

describe('32-bit gates', () => {
  it('pushes a frame of doublewords on the same stack', async () => {
    const machine = await SegmentedMachine.protected();
    machine.setGate(0x80, HANDLER);
    machine.code(CODE, INT_80H);
    machine.flags = ENABLED;
    machine.run(1);
    expect(machine.rip).toBe(HANDLER);
    expect([0, 4, 8].map((at) => machine.getWord(STACK - 12 + at))).toEqual([CODE + 2, CODE0, ENABLED]);
    expect(machine.flags & Rflags.If).toBe(0);
  });

  it('leaves IF set through a trap gate', async () => {
    const machine = await SegmentedMachine.protected();
    machine.setGate(0x80, HANDLER, TRAP_GATE);
    machine.code(CODE, INT_80H);
    machine.flags = ENABLED;
    machine.run(1);
    expect(machine.flags & Rflags.If).toBe(Rflags.If);
  });

  it('switches to the stack of the TSS for an inner level', async () => {
    const machine = await SegmentedMachine.protected();
    machine.enterLevel(3);
    machine.setGate(0x80, HANDLER, INTERRUPT_GATE | DPL3);
    machine.code(CODE, INT_80H);
    machine.run(1);
    const frame = [0, 4, 8, 12, 16].map((at) => machine.getWord(INNER_STACK - 20 + at));
    expect(frame).toEqual([CODE + 2, CODE3, Rflags.Always1, USER_STACK, DATA3]);
    expect([machine.selector(Seg.Cs), machine.selector(Seg.Ss), machine.core.state.get('cpl')]).toEqual([
      CODE0,
      DATA0,
      0,
    ]);
    expect(machine.rsp).toBe(INNER_STACK - 20);
  });

  it('pushes words through a 16-bit gate', async () => {
    const machine = await SegmentedMachine.protected();
    machine.setGate(0x80, HANDLER, INTERRUPT_GATE_16);
    machine.code(CODE, INT_80H);
    machine.run(1);
    expect([0, 2, 4].map((at) => machine.getWord16(STACK - 6 + at))).toEqual([CODE + 2, CODE0, 2]);
  });

  it('pushes RF for a fault and not for INT n', async () => {
    const machine = await SegmentedMachine.protected();
    machine.setGate(Vector.Ud, HANDLER);
    machine.code(CODE, UD2);
    machine.run(1);
    expect(machine.getWord(STACK - 12)).toBe(CODE);
    expect(machine.getWord(STACK - 4)).toBe(Rflags.Rf | Rflags.Always1);
    expect(machine.flags & Rflags.Rf).toBe(0);
  });

  it('checks the DPL of a gate for software interrupts only', async () => {
    const machine = await SegmentedMachine.protected();
    machine.enterLevel(3);
    machine.setGate(0x80, HANDLER);
    machine.setGate(Vector.Gp, FAULT_HANDLER);
    machine.code(CODE, INT_80H);
    machine.run(1);
    expect(machine.rip).toBe(FAULT_HANDLER);
    // Vector 80h, index in the IDT, not external.
    expect(machine.getWord(machine.rsp)).toBe(0x80 * 8 + 2);
    expect(machine.getWord(machine.rsp + 4)).toBe(CODE);
  });

  it('sets EXT when an external event finds its gate missing', async () => {
    const machine = await SegmentedMachine.protected();
    machine.setGate(0x30, HANDLER, 0x0e);
    machine.setGate(Vector.Np, FAULT_HANDLER);
    machine.code(CODE, NOP);
    machine.core.state.setBig('rip', BigInt(CODE));
    machine.core.exports.deliverEvent(0x30, EventType.Interrupt, 0, 0);
    expect(machine.rip).toBe(FAULT_HANDLER);
    expect(machine.getWord(machine.rsp)).toBe(0x30 * 8 + 3);
  });

  it('raises #GP with the selector for a gate to a data segment', async () => {
    const machine = await SegmentedMachine.protected();
    machine.setGate(0x80, HANDLER, INTERRUPT_GATE, DATA0);
    machine.setGate(Vector.Gp, FAULT_HANDLER);
    machine.code(CODE, INT_80H);
    machine.run(1);
    expect(machine.rip).toBe(FAULT_HANDLER);
    expect(machine.getWord(machine.rsp)).toBe(DATA0);
  });

  it('reads SP and SS as words from a 16-bit TSS', async () => {
    const machine = await SegmentedMachine.protected();
    const tr = machine.core.state.segment(Seg.Tr);
    machine.core.state.setSegment(Seg.Tr, { ...tr, attributes: 0x83, limit: 0x2b });
    machine.word(TSS, 0x7000 << 16);
    machine.word(TSS + 4, DATA0);
    machine.enterLevel(3);
    machine.setGate(0x80, HANDLER, INTERRUPT_GATE | DPL3);
    machine.code(CODE, INT_80H);
    machine.run(1);
    expect([machine.rip, machine.rsp, machine.selector(Seg.Ss)]).toEqual([HANDLER, 0x7000 - 20, DATA0]);
  });

  it('raises #TS with the TSS when it is too short for the inner stack', async () => {
    const machine = await SegmentedMachine.protected();
    const tr = machine.core.state.segment(Seg.Tr);
    machine.core.state.setSegment(Seg.Tr, { ...tr, limit: 10 });
    machine.enterLevel(3);
    machine.setGate(0x80, HANDLER, INTERRUPT_GATE | DPL3);
    // The #TS handler is a conforming segment: it runs at level 3 and needs no other stack.
    machine.setDescriptor(0x38, { type: 0x9f });
    machine.setGate(Vector.Ts, FAULT_HANDLER, INTERRUPT_GATE, 0x38);
    machine.code(CODE, INT_80H);
    machine.run(1);
    expect(machine.rip).toBe(FAULT_HANDLER);
    expect(machine.core.state.get('cpl')).toBe(3);
    expect(machine.getWord(machine.rsp)).toBe(0x28);
  });

  it('shuts down when no exception can be delivered', async () => {
    const machine = await SegmentedMachine.protected();
    machine.core.state.set('idtrLimit', 0);
    machine.code(CODE, UD2);
    expect(machine.run(1)).toBe(Stop.Shutdown);
    expect([machine.rip, machine.rsp]).toEqual([CODE, STACK]);
  });

  it('delivers #DF with code 0 when #GP cannot be delivered', async () => {
    const machine = await SegmentedMachine.protected();
    machine.code(CODE, '8e d8');
    machine.core.state.setBig('rax', 0x100n);
    machine.setGate(Vector.Df, HANDLER);
    machine.core.state.set('gdtrLimit', 0xff);
    machine.run(1);
    expect(machine.rip).toBe(HANDLER);
    expect(machine.getWord(machine.rsp)).toBe(0);
  });
});

describe('64-bit gates', () => {
  it('aligns the frame and always pushes SS and RSP', async () => {
    const machine = await SegmentedMachine.long();
    machine.setLongGate(0x80, HANDLER);
    machine.code(CODE, INT_80H);
    machine.core.state.setBig('rsp', BigInt(STACK - 3));
    machine.flags = ENABLED;
    machine.run(1);
    expect(machine.rip).toBe(HANDLER);
    expect(machine.rsp).toBe(STACK - 16 - 40);
    const frame = [0, 8, 16, 24, 32].map((at) => Number(machine.getQuad(machine.rsp + at)));
    expect(frame).toEqual([CODE + 2, CODE0, ENABLED, STACK - 3, DATA0]);
  });

  it('takes RSP0 and a null SS from level 3', async () => {
    const machine = await SegmentedMachine.long();
    machine.enterLevel(3);
    machine.setLongGate(0x80, HANDLER, INTERRUPT_GATE | DPL3);
    machine.code(CODE, INT_80H);
    machine.run(1);
    expect(machine.rsp).toBe(INNER_STACK - 40);
    expect([machine.selector(Seg.Ss), machine.core.state.get('cpl')]).toEqual([0, 0]);
    expect(Number(machine.getQuad(machine.rsp + 24))).toBe(USER_STACK);
    expect(Number(machine.getQuad(machine.rsp + 32))).toBe(DATA3);
  });

  it('takes the interrupt stack that the gate names, also without a change of level', async () => {
    const machine = await SegmentedMachine.long();
    machine.setLongGate(Vector.Nmi, HANDLER, INTERRUPT_GATE, 1);
    machine.core.state.setBig('rip', BigInt(CODE));
    machine.core.exports.deliverEvent(Vector.Nmi, EventType.Nmi, 0, 0);
    expect([machine.rip, machine.rsp]).toEqual([HANDLER, IST_STACK - 40]);
    expect(machine.selector(Seg.Ss)).toBe(DATA0);
    expect(Number(machine.getQuad(machine.rsp + 24))).toBe(STACK);
  });

  it('uses a stack above 4 GiB for a handler of level 3 that interrupts compatibility code', async () => {
    const machine = await SegmentedMachine.long();
    machine.setDescriptor(FREE, { type: CODE_TYPE | DPL3, flags: GRANULAR | BIG });
    machine.enterLevel(3);
    machine.loadSegment(Seg.Cs, FREE | 3);
    machine.core.exports.updateMode();
    machine.setLongGate(0x80, HANDLER, INTERRUPT_GATE | DPL3, 1, CODE3);
    machine.setLongGate(Vector.Pf, FAULT_HANDLER);
    machine.quad(TSS + 0x24, 0x2_0000_0000n);
    machine.code(CODE, INT_80H);
    machine.run(1);
    expect([machine.rip, machine.core.state.num('cr2')]).toEqual([FAULT_HANDLER, 0x1_ffff_fff8]);
  });

  it('leaves the interrupted state to the handler of a page fault on the inner stack', async () => {
    const unmapped = 0x40_0000;
    const machine = await SegmentedMachine.long();
    machine.quad(TSS + 4, BigInt(unmapped));
    machine.enterLevel(3);
    machine.setLongGate(0x80, HANDLER, INTERRUPT_GATE | DPL3);
    machine.setLongGate(Vector.Pf, FAULT_HANDLER, INTERRUPT_GATE, 1);
    machine.code(CODE, INT_80H);
    machine.run(1);
    expect([machine.rip, machine.rsp]).toEqual([FAULT_HANDLER, IST_STACK - 48]);
    expect(machine.core.state.num('cr2')).toBe(unmapped - 8);
    // A supervisor's write to a page that is not present; INT n itself is to be repeated.
    const frame = [0, 8, 16, 32, 40].map((at) => Number(machine.getQuad(machine.rsp + at)));
    expect(frame).toEqual([2, CODE, CODE3, USER_STACK, DATA3]);
  });

  it('leaves the address of the second page fault in CR2 for a #DF', async () => {
    const second = 0x60_0000;
    const machine = await SegmentedMachine.long();
    machine.code(CODE, '8a 04 25 00 00 40 00'); // mov al, [400000h]: not mapped
    machine.setLongGate(Vector.Pf, HANDLER, INTERRUPT_GATE, 2);
    machine.quad(TSS + 0x2c, BigInt(second)); // IST2
    machine.setLongGate(Vector.Df, FAULT_HANDLER, INTERRUPT_GATE, 1);
    machine.run(1);
    expect(machine.rip).toBe(FAULT_HANDLER);
    expect(machine.core.state.num('cr2')).toBe(second - 8);
  });

  it('reads a TSS across two pages above 4 GiB from compatibility mode', async () => {
    const high = 0xffff_8000_0000_0000n;
    const machine = await SegmentedMachine.long();
    machine.quad(0x10000 + 256 * 8, 0x13007n);
    machine.quad(0x13000, 0x14007n);
    machine.quad(0x14000, 0x15007n);
    machine.quad(0x15000, 0x30007n);
    machine.quad(0x15008, 0x31007n);
    // RSP0 at offset 4 begins in one page and ends in the next.
    const stack = high + 0x1800n;
    machine.quad(0x30ffc, stack);
    const tss = machine.core.state.segment(Seg.Tr);
    machine.core.state.setSegment(Seg.Tr, { ...tss, base: high + 0xff8n });
    machine.setDescriptor(CODE3, { type: CODE_TYPE | DPL3, flags: GRANULAR | BIG });
    machine.enterLevel(3);
    machine.setLongGate(0x80, HANDLER, INTERRUPT_GATE | DPL3);
    machine.code(CODE, INT_80H);
    machine.run(1);
    expect([machine.rip, machine.core.state.big('rsp')]).toEqual([HANDLER, stack - 40n]);
  });

  it('raises #SS when the inner stack is not canonical', async () => {
    const machine = await SegmentedMachine.long();
    machine.quad(TSS + 4, 1n << 47n);
    machine.enterLevel(3);
    machine.setLongGate(0x80, HANDLER, INTERRUPT_GATE | DPL3);
    machine.setLongGate(Vector.Ss, FAULT_HANDLER, INTERRUPT_GATE, 1);
    machine.code(CODE, INT_80H);
    machine.run(1);
    expect([machine.rip, Number(machine.getQuad(machine.rsp))]).toEqual([FAULT_HANDLER, 0]);
  });

  it('pushes the error code below the frame', async () => {
    const machine = await SegmentedMachine.long();
    machine.setLongGate(Vector.Gp, HANDLER);
    machine.code(CODE, '8e d8');
    machine.core.state.setBig('rax', 0x7f8n);
    machine.core.state.set('gdtrLimit', 0x3f);
    machine.run(1);
    expect(machine.rsp).toBe(STACK - 48);
    expect(Number(machine.getQuad(machine.rsp))).toBe(0x7f8);
    expect(Number(machine.getQuad(machine.rsp + 8))).toBe(CODE);
  });

  it('refuses a handler that is not 64-bit code', async () => {
    const machine = await SegmentedMachine.long();
    machine.setDescriptor(0x38, { type: 0x9b });
    machine.setLongGate(0x80, HANDLER, INTERRUPT_GATE, 0, 0x38);
    machine.setLongGate(Vector.Gp, FAULT_HANDLER);
    machine.code(CODE, INT_80H);
    machine.run(1);
    expect(machine.rip).toBe(FAULT_HANDLER);
    expect(Number(machine.getQuad(machine.rsp))).toBe(0x38);
  });
});

describe('NMI frames', () => {
  it('opens one with each NMI and closes those above with the IRET that pops it', async () => {
    const machine = await SegmentedMachine.protected();
    machine.setGate(Vector.Nmi, HANDLER);
    machine.code(CODE, NOP);
    machine.code(HANDLER, 'cf');
    machine.core.state.setBig('rip', BigInt(CODE));
    const nmi = () => machine.core.exports.deliverEvent(Vector.Nmi, EventType.Nmi, 0, 0);
    nmi();
    const first = machine.rsp;
    nmi();
    const counts = () =>
      ['nmiDepth', 'nmiMaxDepth', 'nmiDelivered', 'nmiReturned'].map((name) => machine.core.state.get(name));
    expect(counts()).toEqual([2, 2, 2, 0]);
    // The inner handler is abandoned: the outer one's frame is popped.
    machine.core.state.setBig('rsp', BigInt(first));
    machine.run(1, HANDLER);
    expect(counts()).toEqual([0, 2, 2, 1]);
    expect(machine.rip).toBe(CODE);
  });

  it('is not touched by the IRET of another handler', async () => {
    const machine = await SegmentedMachine.protected();
    machine.setGate(Vector.Nmi, HANDLER);
    machine.setGate(0x80, FAULT_HANDLER);
    machine.code(HANDLER, INT_80H);
    machine.code(FAULT_HANDLER, 'cf');
    machine.core.state.setBig('rip', BigInt(CODE));
    machine.core.exports.deliverEvent(Vector.Nmi, EventType.Nmi, 0, 0);
    machine.run(2);
    expect(machine.rip).toBe(HANDLER + 2);
    expect(machine.core.state.get('nmiDepth')).toBe(1);
  });
});

it('marks the code segment of a handler accessed', async () => {
  const machine = await SegmentedMachine.protected();
  machine.setDescriptor(0x38, { type: 0x9a });
  machine.setGate(0x80, HANDLER, INTERRUPT_GATE, 0x38);
  machine.code(CODE, INT_80H);
  machine.run(1);
  expect(machine.core.memory[GDT + 0x38 + 5]).toBe(0x9b);
  expect(machine.core.state.segment(Seg.Cs).attributes & 0xff).toBe(0x9b);
});
