/** Hardware task switches (APM vol 2 §12.3, §15.14.1). */
import { describe, expect, it } from 'vitest';
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { Cr0, Debug, Rflags } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import { Stop } from '../../assembly/abi/stop.js';
import { Vector } from '../../assembly/abi/vector.js';
import {
  CODE,
  CODE0,
  CODE3,
  DATA0,
  DATA3,
  DPL3,
  FAULT_HANDLER,
  FREE,
  gate,
  GDT,
  HANDLER,
  IDT,
  LDT,
  SegmentedMachine,
  STACK,
  TASK_GATE,
  TSS,
  TSS_SELECTOR,
  USER_STACK,
} from '../helpers/segmented-machine.js';

const NEW_TSS = 0x5000;
const NEW_STACK = 0x28000;
const AVAILABLE_TSS = 0x89;
const AVAILABLE_TSS_16 = 0x81;
const LDT_TYPE = 0x82;
const BUSY = 2;
const ONE = Rflags.Always1;
/** JMP and CALL to the TSS in entry FREE; CALL to a task gate in the next entry. */
const JMP = 'ea 00 00 00 00 38 00';
const CALL = '9a 00 00 00 00 38 00';
const CALL_GATE = '9a 00 00 00 00 40 00';
const BYTES = 7;
const IRET = 'cf';

/** Offsets in a 32-bit TSS (APM vol 2 Figure 12-4). */
const T = {
  cr3: 0x1c,
  eip: 0x20,
  eflags: 0x24,
  eax: 0x28,
  ecx: 0x2c,
  esp: 0x38,
  es: 0x48,
  cs: 0x4c,
  ss: 0x50,
};
const T2 = { ds: 0x54, fs: 0x58, gs: 0x5c, ldt: 0x60, trap: 0x64 };

/** A machine whose entry FREE describes a task of level 0 that begins at HANDLER. */
async function twoTasks(code: string): Promise<SegmentedMachine> {
  const machine = await SegmentedMachine.protected();
  machine.code(CODE, code);
  machine.setDescriptor(FREE, { type: AVAILABLE_TSS, base: NEW_TSS, limit: 0x67, flags: 0 });
  machine.quad(GDT + FREE + 8, gate(FREE, 0, TASK_GATE));
  const fields = { eip: HANDLER, eflags: ONE, eax: 0xaaaa_aaaa, ecx: 0xcccc_cccc, esp: NEW_STACK };
  const names = Object.keys(fields) as (keyof typeof fields)[];
  for (const name of names) machine.word(NEW_TSS + T[name], fields[name]);
  machine.word(NEW_TSS + T.cs, CODE0);
  for (const offset of [T.es, T.ss, T2.ds, T2.fs, T2.gs]) machine.word(NEW_TSS + offset, DATA0);
  for (const vector of [Vector.Gp, Vector.Np, Vector.Ss, Vector.Ts]) machine.setGate(vector, FAULT_HANDLER);
  machine.core.state.setBig('rcx', 0x1234_5678n);
  return machine;
}

const typeOf = (machine: SegmentedMachine, selector: number) => machine.core.memory[GDT + selector + 5]!;

describe('JMP to a TSS', () => {
  it('saves one task and loads the other', async () => {
    const machine = await twoTasks(JMP);
    machine.flags = ONE | Rflags.If;
    machine.run(1);
    const { state } = machine.core;
    expect([machine.rip, machine.rsp, machine.flags]).toEqual([HANDLER, NEW_STACK, ONE]);
    expect([state.num('rax'), state.num('rcx')]).toEqual([0xaaaa_aaaa, 0xcccc_cccc]);
    const saved = [T.eip, T.eflags, T.ecx, T.esp, T.cs, T.ss].map((at) => machine.getWord(TSS + at));
    expect(saved).toEqual([CODE + BYTES, ONE | Rflags.If, 0x1234_5678, STACK, CODE0, DATA0]);
  });

  it('moves the busy bit, sets CR0.TS and drops local breakpoints', async () => {
    const machine = await twoTasks(JMP);
    // L2 and G1, on addresses that nothing touches.
    machine.core.state.setBig('dr7', 0x418n);
    machine.core.exports.updateMode();
    machine.run(1);
    const { state } = machine.core;
    expect([typeOf(machine, TSS_SELECTOR) & BUSY, typeOf(machine, FREE) & BUSY]).toEqual([0, BUSY]);
    expect(state.segment(Seg.Tr)).toMatchObject({ selector: FREE, base: BigInt(NEW_TSS), attributes: 0x8b });
    expect(state.num('cr0') & Cr0.Ts).toBe(Cr0.Ts);
    expect(state.num('dr7')).toBe(0x408);
  });

  it('loads the LDT, and segments from it', async () => {
    const machine = await twoTasks(JMP);
    machine.setDescriptor(0x48, { type: LDT_TYPE, base: LDT, limit: 15, flags: 0 });
    machine.quad(LDT + 8, machine.getQuad(GDT + DATA0));
    machine.word(NEW_TSS + T2.ldt, 0x48);
    machine.word(NEW_TSS + T2.gs, 8 | 4);
    machine.run(1);
    expect(machine.core.state.segment(Seg.Ldtr)).toMatchObject({ selector: 0x48, base: BigInt(LDT) });
    expect(machine.core.state.segment(Seg.Gs)).toMatchObject({ selector: 12, limit: 0xffff_ffff });
  });

  it('enters a task of level 3, and a virtual-8086 task', async () => {
    const machine = await twoTasks(JMP);
    machine.word(NEW_TSS + T.cs, CODE3);
    machine.word(NEW_TSS + T.esp, USER_STACK);
    for (const offset of [T.es, T.ss, T2.ds, T2.fs, T2.gs]) machine.word(NEW_TSS + offset, DATA3);
    machine.run(1);
    expect([machine.core.state.get('cpl'), machine.selector(Seg.Ss)]).toEqual([3, DATA3]);

    const v86 = await twoTasks(JMP);
    v86.word(NEW_TSS + T.eflags, ONE | Rflags.Vm);
    v86.word(NEW_TSS + T.cs, 0x900);
    v86.word(NEW_TSS + T.eip, 0);
    v86.run(1);
    expect([v86.core.state.get('cpl'), v86.rip]).toEqual([3, 0]);
    expect(v86.core.state.segment(Seg.Cs)).toMatchObject({
      selector: 0x900,
      base: 0x9000n,
      attributes: 0xf3,
    });
  });

  it('refuses a busy TSS, one too short, and one that is not present', async () => {
    for (const [type, limit, vector] of [
      [0x8b, 0x67, Vector.Gp],
      [AVAILABLE_TSS, 0x66, Vector.Ts],
      [0x09, 0x67, Vector.Np],
    ] as const) {
      const machine = await twoTasks(JMP);
      machine.setDescriptor(FREE, { type, base: NEW_TSS, limit, flags: 0 });
      machine.setGate(vector, HANDLER + 0x80);
      machine.code(HANDLER + 0x80, 'eb fe');
      machine.run(1);
      expect([machine.rip, machine.getWord(machine.rsp)]).toEqual([HANDLER + 0x80, FREE]);
      expect(machine.getWord(machine.rsp + 4)).toBe(CODE);
      expect(machine.selector(Seg.Tr)).toBe(TSS_SELECTOR);
    }
  });

  it('needs the privilege of the TSS', async () => {
    const machine = await twoTasks(JMP);
    machine.enterLevel(3);
    machine.run(1);
    expect([machine.rip, machine.getWord(machine.rsp)]).toEqual([FAULT_HANDLER, FREE]);
  });
});

describe('CALL and IRET', () => {
  it.each([
    ['a TSS', CALL],
    ['a task gate', CALL_GATE],
  ])('nest a task through %s and return', async (_what, code) => {
    const machine = await twoTasks(code);
    machine.code(HANDLER, IRET);
    machine.run(1);
    expect(machine.getWord16(NEW_TSS)).toBe(TSS_SELECTOR);
    expect(machine.flags).toBe(ONE | Rflags.Nt);
    expect([typeOf(machine, TSS_SELECTOR) & BUSY, typeOf(machine, FREE) & BUSY]).toEqual([BUSY, BUSY]);
    machine.run(1);
    expect([machine.rip, machine.rsp, machine.selector(Seg.Tr)]).toEqual([CODE + BYTES, STACK, TSS_SELECTOR]);
    expect([typeOf(machine, TSS_SELECTOR) & BUSY, typeOf(machine, FREE) & BUSY]).toEqual([BUSY, 0]);
    // The task that returned will begin after its IRET, without NT.
    expect([machine.getWord(NEW_TSS + T.eip), machine.getWord(NEW_TSS + T.eflags)]).toEqual([
      HANDLER + 1,
      ONE,
    ]);
    expect(machine.core.state.num('rcx')).toBe(0x1234_5678);
  });

  it('raises #TS with the link of an IRET to a task that is not busy', async () => {
    const machine = await twoTasks(IRET);
    machine.flags = ONE | Rflags.Nt;
    machine.core.words.setUint16(TSS, FREE, true);
    machine.run(1);
    expect([machine.rip, machine.getWord(machine.rsp)]).toEqual([FAULT_HANDLER, FREE]);
  });

  it('closes the frame of an NMI that a task took', async () => {
    const machine = await twoTasks('90');
    machine.quad(IDT + Vector.Nmi * 8, gate(FREE, 0, TASK_GATE));
    machine.code(HANDLER, IRET);
    machine.core.state.setBig('rip', BigInt(CODE));
    machine.core.exports.deliverEvent(Vector.Nmi, 2, 0, 0);
    expect([machine.rip, machine.core.state.get('nmiDepth')]).toEqual([HANDLER, 1]);
    machine.run(1);
    expect([machine.rip, machine.core.state.get('nmiDepth')]).toEqual([CODE, 0]);
  });
});

describe('task gates in the IDT', () => {
  it('put the error code on the new stack', async () => {
    // MOV DS, AX with a selector outside of the table.
    const machine = await twoTasks('8e d8');
    machine.core.state.setBig('rax', 0x3000n);
    machine.quad(IDT + Vector.Gp * 8, gate(FREE, 0, TASK_GATE));
    machine.run(1);
    expect([machine.rip, machine.rsp]).toEqual([HANDLER, NEW_STACK - 4]);
    expect(machine.getWord(NEW_STACK - 4)).toBe(0x3000);
    expect(machine.getWord(TSS + T.eip)).toBe(CODE);
    // A fault: the outgoing task restarts with RF set.
    expect(machine.getWord(TSS + T.eflags)).toBe(ONE | Rflags.Rf);
  });
});

describe('16-bit tasks', () => {
  it('have words, and no FS and GS', async () => {
    const machine = await twoTasks(CALL);
    machine.setDescriptor(FREE, { type: AVAILABLE_TSS_16, base: NEW_TSS, limit: 0x2b, flags: 0 });
    const words = { 0x0e: HANDLER, 0x10: ONE, 0x12: 0xaaaa, 0x1a: 0x7000, 0x22: DATA0, 0x24: CODE0 };
    machine.core.memory.fill(0, NEW_TSS, NEW_TSS + 0x2c);
    for (const [at, value] of Object.entries({ ...words, 0x26: DATA0, 0x28: DATA0 })) {
      machine.core.words.setUint16(NEW_TSS + Number(at), value, true);
    }
    machine.code(HANDLER, IRET);
    machine.run(1);
    expect([machine.rip, machine.core.state.num('rax')]).toEqual([HANDLER, 0xffff_aaaa]);
    expect([machine.selector(Seg.Fs), machine.getWord16(NEW_TSS)]).toEqual([0, TSS_SELECTOR]);
    machine.run(1);
    expect([machine.rip, machine.getWord16(NEW_TSS + 0x0e)]).toEqual([CODE + BYTES, HANDLER + 1]);
  });
});

describe('what is wrong with the incoming task', () => {
  it.each([
    ['a stack of another level', T.ss, DATA3, Vector.Ts, DATA3 & ~3],
    ['a null stack', T.ss, 0, Vector.Ts, 0],
    ['code that is data', T.cs, DATA0, Vector.Ts, DATA0],
    ['a data segment outside of the table', T2.gs, 0x3000, Vector.Ts, 0x3000],
    ['an LDT that is none', T2.ldt, DATA0, Vector.Ts, DATA0],
  ])('is its own fault: %s', async (_what, offset, selector, vector, code) => {
    const machine = await twoTasks(JMP);
    machine.word(NEW_TSS + offset, selector);
    // The handler is a third task, which can be entered whatever the second one's segments are.
    machine.setDescriptor(0x50, { type: AVAILABLE_TSS, base: 0x6000, limit: 0x67, flags: 0 });
    machine.core.memory.copyWithin(0x6000, NEW_TSS, NEW_TSS + 0x68);
    machine.word(0x6000 + T.cs, CODE0);
    machine.word(0x6000 + T2.ldt, 0);
    for (const at of [T.es, T.ss, T2.ds, T2.fs, T2.gs]) machine.word(0x6000 + at, DATA0);
    machine.word(0x6000 + T.eip, FAULT_HANDLER);
    machine.quad(IDT + vector * 8, gate(0x50, 0, TASK_GATE));
    machine.run(2);
    expect([machine.rip, machine.selector(Seg.Tr)]).toEqual([FAULT_HANDLER, 0x50]);
    expect(machine.getWord(machine.rsp)).toBe(code);
    // The second task was entered: the fault is at its first instruction.
    expect([machine.getWord(NEW_TSS + T.eip), machine.getWord16(0x6000)]).toEqual([HANDLER, FREE]);
  });

  it('traps before the first instruction if the TSS asks for it', async () => {
    const machine = await twoTasks(JMP);
    machine.word(NEW_TSS + T2.trap, 1);
    machine.setGate(Vector.Db, FAULT_HANDLER);
    machine.run(2);
    expect([machine.rip, machine.getWord(machine.rsp)]).toEqual([FAULT_HANDLER, HANDLER]);
    expect(machine.core.state.num('dr6') & Debug.Dr6Bt).toBe(Debug.Dr6Bt);
  });
});

it('a switch that faults forgets the trap that the TSS asks for', async () => {
  const machine = await twoTasks(JMP);
  machine.word(NEW_TSS + T2.trap, 1);
  machine.word(NEW_TSS + T2.ds, 0xfff8);
  machine.setGate(Vector.Ts, HANDLER + 0x80);
  machine.setGate(Vector.Db, FAULT_HANDLER);
  machine.code(HANDLER + 0x80, '90 90');
  machine.run(3);
  expect([machine.rip, machine.core.state.num('dr6') & Debug.Dr6Bt]).toEqual([HANDLER + 0x82, 0]);
});

describe('the task-switch intercept', () => {
  const RETURN = 2 ** 36;
  const JUMP = 2 ** 38;
  const HAS_CODE = 2 ** 44;
  const RF = 2 ** 48;

  async function intercepted(code: string, prepare: (machine: SegmentedMachine) => void = () => {}) {
    const machine = await twoTasks(code);
    prepare(machine);
    const { state } = machine.core;
    state.set('inGuest', 1);
    state.set('intercepts3', 1 << (ExitCode.TaskSwitch & 31));
    const stop = machine.run(1);
    expect([stop, state.num('exitCode'), state.num('exitNextRip')]).toEqual([
      Stop.Exit,
      ExitCode.TaskSwitch,
      0,
    ]);
    expect([machine.rip, machine.selector(Seg.Tr)]).toEqual([CODE, TSS_SELECTOR]);
    return [state.num('exitInfo1'), state.num('exitInfo2')];
  }

  it('tells a jump, a call and a return apart', async () => {
    expect(await intercepted(JMP)).toEqual([FREE, JUMP]);
    expect(await intercepted(CALL_GATE)).toEqual([FREE, 0]);
    const returning = intercepted(IRET, (machine) => {
      machine.flags = ONE | Rflags.Nt;
      machine.core.words.setUint16(TSS, FREE, true);
      machine.setDescriptor(FREE, { type: AVAILABLE_TSS | BUSY, base: NEW_TSS, limit: 0x67, flags: 0 });
    });
    expect(await returning).toEqual([FREE, RETURN]);
  });

  it('gives the error code of an exception, and RF', async () => {
    const info = intercepted('8e d8', (machine) => {
      machine.core.state.setBig('rax', 0x3000n);
      machine.quad(IDT + Vector.Gp * 8, gate(FREE, 0, TASK_GATE | DPL3));
    });
    expect(await info).toEqual([FREE, HAS_CODE + RF + 0x3000]);
  });

  it('comes after the checks', async () => {
    const machine = await twoTasks(JMP);
    machine.core.state.set('inGuest', 1);
    machine.core.state.set('intercepts3', 1 << (ExitCode.TaskSwitch & 31));
    machine.setDescriptor(FREE, { type: AVAILABLE_TSS, base: NEW_TSS, limit: 0x66, flags: 0 });
    machine.run(1);
    expect([machine.rip, machine.getWord(machine.rsp)]).toEqual([FAULT_HANDLER, FREE]);
  });
});
