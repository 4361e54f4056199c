/** INT n, INT3, INTO, INT1 and BOUND, and their intercepts (APM vol 2 §15.12, §15.14; Table 15-7). */
import { describe, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { Rflags } from '../../../assembly/abi/processor-bits.js';
import { Stop } from '../../../assembly/abi/stop.js';
import { Vector } from '../../../assembly/abi/vector.js';
import {
  CODE,
  DPL3,
  FAULT_HANDLER,
  HANDLER,
  INTERRUPT_GATE,
  SegmentedMachine,
} from '../../helpers/segmented-machine.js';

const INT = 'cd 42';
const INT3 = 'cc';
const INTO = 'ce';
const INT1 = 'f1';
/** BOUND EAX, [EBX]. */
const BOUND = '62 03';
const BOUNDS = 0x7000;
const ONE = Rflags.Always1;

async function machineWith(code: string): Promise<SegmentedMachine> {
  const machine = await SegmentedMachine.protected();
  machine.code(CODE, code);
  for (const vector of [1, 3, 4, 5, 0x42]) machine.setGate(vector, HANDLER);
  machine.setGate(Vector.Gp, FAULT_HANDLER);
  machine.flags = ONE | Rflags.Of;
  machine.core.state.setNum('rbx', BOUNDS);
  machine.word(BOUNDS, -5);
  machine.word(BOUNDS + 4, 5);
  machine.core.state.setNum('rax', 6);
  return machine;
}

function intercept(machine: SegmentedMachine, code: number): void {
  machine.core.state.set('inGuest', 1);
  machine.core.state.set(`intercepts${code >> 5}`, (1 << (code & 31)) >>> 0);
}

describe('the handler returns', () => {
  it.each([
    ['after INT n', INT, 2],
    ['after INT3', INT3, 1],
    ['after INTO', INTO, 1],
    ['after INT1', INT1, 1],
    ['to BOUND', BOUND, 0],
  ])('%s', async (_what, code, bytes) => {
    const machine = await machineWith(code);
    machine.run(1);
    expect([machine.rip, machine.getWord(machine.rsp)]).toEqual([HANDLER, CODE + bytes]);
    expect(machine.core.state.num('eventInfo')).toBe(0);
  });
});

it('goes on after INTO without OF and BOUND within bounds', async () => {
  const machine = await machineWith(`${INTO} ${BOUND}`);
  machine.flags = ONE;
  machine.core.state.setNum('rax', 0xffff_fffb);
  machine.run(2);
  expect(machine.rip).toBe(CODE + 3);
});

it('compares the bounds as signed numbers of 16 bits too', async () => {
  const machine = await machineWith(`66 ${BOUND}`);
  machine.word(BOUNDS, 0x0005_fffb);
  machine.core.state.setNum('rax', 0xfffa);
  machine.run(1);
  expect(machine.rip).toBe(HANDLER);
});

describe('at level 3', () => {
  it('INT1 does not need a gate of level 3, the others do', async () => {
    for (const [code, rip] of [
      [INT, FAULT_HANDLER],
      [INT3, FAULT_HANDLER],
      [INTO, FAULT_HANDLER],
      [INT1, HANDLER],
    ] as const) {
      const machine = await machineWith(code);
      machine.enterLevel(3);
      machine.run(1);
      expect(machine.rip).toBe(rip);
    }
  });

  it('a failed INT n leaves RIP at the instruction', async () => {
    const machine = await machineWith(INT);
    machine.enterLevel(3);
    intercept(machine, ExitCode.Exception0 + Vector.Gp);
    expect(machine.run(1)).toBe(Stop.Exit);
    const { state } = machine.core;
    expect([machine.rip, state.num('exitInfo1')]).toEqual([CODE, 0x42 * 8 + 2]);
    // EXITINTINFO: valid, type 4, vector 42h.
    expect(state.num('eventInfo')).toBe(0x8000_0442);
  });
});

describe('intercepts', () => {
  it.each([
    ['INT n', INT, ExitCode.SoftwareInterrupt, 2, 0x42],
    ['INT3', INT3, ExitCode.Exception0 + Vector.Bp, 1, 0],
    ['INTO', INTO, ExitCode.Exception0 + Vector.Of, 1, 0],
    ['INT1', INT1, ExitCode.Icebp, 1, 0],
    ['BOUND', BOUND, ExitCode.Exception0 + Vector.Br, 2, 0],
  ])('%s exits at the instruction, with the next one in nRIP', async (_what, code, exit, bytes, info1) => {
    const machine = await machineWith(code);
    intercept(machine, exit);
    expect(machine.run(1)).toBe(Stop.Exit);
    const { state } = machine.core;
    expect(machine.rip).toBe(CODE);
    expect([state.num('exitCode'), state.num('exitNextRip'), state.num('exitInfo1')]).toEqual([
      exit,
      CODE + bytes,
      info1,
    ]);
  });

  it('of exceptions do not see INT n and INT1', async () => {
    for (const [code, vector] of [
      ['cd 03', Vector.Bp],
      [INT1, Vector.Db],
    ] as const) {
      const machine = await machineWith(code);
      intercept(machine, ExitCode.Exception0 + vector);
      machine.run(1);
      expect(machine.rip).toBe(HANDLER);
    }
  });
});

describe('TF', () => {
  it('is cleared by the delivery, which swallows the trap', async () => {
    const machine = await machineWith(INT);
    machine.setGate(Vector.Db, FAULT_HANDLER);
    machine.setGate(0x42, HANDLER, INTERRUPT_GATE | DPL3);
    machine.flags = ONE | Rflags.Tf;
    machine.run(2);
    expect([machine.rip, machine.getWord(machine.rsp + 8)]).toEqual([HANDLER, ONE | Rflags.Tf]);
  });
});
