/** CLI, STI, HLT, PAUSE (APM vol 2 §8.10, §15.14.4, §15.21.5). */
import { beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { Cr4, Rflags } from '../../../assembly/abi/processor-bits.js';
import { Activity, Stop } from '../../../assembly/abi/stop.js';
import { Watch } from '../../../assembly/abi/watch.js';
import { CODE, Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';

const CLI = [0xfa];
const STI = [0xfb];
const HLT = [0xf4];
const PAUSE = [0xf3, 0x90];
const NOP = 0x90;

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

/** Protected mode with RFLAGS and CR4 as given. */
function protectedMode(cpl: number, rflags: number, cr4 = 0): Machine {
  machine.flat32(cpl);
  machine.state.setNum('cr4', cr4);
  machine.rflags = BigInt(rflags);
  return machine;
}

const IOPL_0 = 0;
const IOPL_3 = 0x3000;
const { If, Vif, Vip, Vm } = Rflags;

describe('CLI and STI by privilege', () => {
  // prettier-ignore
  it.each<[rule: string, code: number[], cpl: number, rflags: number, cr4: number, outcome: string, set: number]>([
    ['CLI with CPL <= IOPL clears IF',                 CLI, 0, If | IOPL_0,        0,       'completed', 0],
    ['CLI at CPL 3 with IOPL 3 clears IF',             CLI, 3, If | IOPL_3,        0,       'completed', 0],
    ['CLI at CPL 3 with IOPL 0 faults',                CLI, 3, If,                 0,       '#GP(0)',    If],
    ['CLI at CPL 3 with PVI clears VIF',               CLI, 3, If | Vif,           Cr4.Pvi, 'completed', If],
    ['CLI at CPL 1 with PVI faults',                   CLI, 1, If | Vif,           Cr4.Pvi, '#GP(0)',    If | Vif],
    ['STI with CPL <= IOPL sets IF',                   STI, 0, 0,                  0,       'completed', If],
    ['STI at CPL 3 with IOPL 0 faults',                STI, 3, 0,                  0,       '#GP(0)',    0],
    ['STI at CPL 3 with PVI sets VIF',                 STI, 3, 0,                  Cr4.Pvi, 'completed', Vif],
    ['STI at CPL 3 with PVI and VIP faults',           STI, 3, Vip,                Cr4.Pvi, '#GP(0)',    0],
    ['CLI in virtual-8086 mode with IOPL 0 faults',    CLI, 3, If | Vm,            0,       '#GP(0)',    If],
    ['CLI in virtual-8086 mode with VME clears VIF',   CLI, 3, If | Vm | Vif,      Cr4.Vme, 'completed', If],
    ['STI in virtual-8086 mode with VME sets VIF',     STI, 3, Vm,                 Cr4.Vme, 'completed', Vif],
    ['PVI is not for virtual-8086 mode',               STI, 3, Vm,                 Cr4.Pvi, '#GP(0)',    0],
    ['STI in virtual-8086 mode with IOPL 3 sets IF',   STI, 3, Vm | IOPL_3,        0,       'completed', If],
  ])('%s', (_rule, code, cpl, rflags, cr4, outcome, set) => {
    expect(outcomeOf(protectedMode(cpl, rflags, cr4), code)).toBe(outcome);
    expect(Number(machine.rflags) & (If | Vif)).toBe(set);
  });

  it('needs no privilege in real mode', () => {
    expect(outcomeOf(machine.real(), STI)).toBe('completed');
    expect(Number(machine.rflags) & If).toBe(If);
  });
});

describe('STI', () => {
  it('opens a shadow of one instruction when it sets IF', () => {
    protectedMode(0, 0).load([...STI, NOP, NOP]);
    machine.run(1);
    expect(machine.state.get('shadow')).toBe(1);
    expect(machine.state.get('shadowHoldsDebug')).toBe(0);
    machine.run(1);
    expect(machine.state.get('shadow')).toBe(0);
  });

  it('opens none when IF is set already', () => {
    protectedMode(0, If).load([...STI, NOP]);
    machine.run(1);
    expect(machine.state.get('shadow')).toBe(0);
  });

  it.each([
    ['CLI', CLI, If],
    ['STI', STI, 0],
  ])('%s is a boundary for whoever waits for the interrupt state', (_name, code, rflags) => {
    protectedMode(0, rflags).load([...code, NOP, NOP]);
    machine.state.set('watch', Watch.InterruptState);
    expect(machine.run(10)).toBe(Stop.Boundary);
    expect(machine.state.num('rip')).toBe(CODE + 1);
  });
});

describe('HLT', () => {
  it('completes and halts', () => {
    expect(outcomeOf(protectedMode(0, 0), HLT)).toBe('halted');
    expect(machine.state.get('activity')).toBe(Activity.Halted);
    expect(machine.state.num('rip')).toBe(CODE + 1);
    expect(machine.state.num('clock')).toBe(1);
  });

  it('ends the shadow of STI', () => {
    protectedMode(0, 0).load([...STI, ...HLT]);
    expect(machine.run(10)).toBe(Stop.Halted);
    expect(machine.state.get('shadow')).toBe(0);
  });

  it('prefers the HLT intercept to the idle-HLT intercept', () => {
    const outcome = outcomeOf(protectedMode(0, 0), HLT, [ExitCode.Hlt, ExitCode.IdleHlt]);
    expect(outcome).toBe('exit 78h');
  });

  // prettier-ignore
  it.each<[rule: string, fields: Record<string, number>, outcome: string]>([
    ['exits when nothing virtual is pending',    {},                                               'exit a6h'],
    ['halts when a virtual interrupt is pending', { virtualIrqPending: 1 },                        'halted'],
    ['halts when a virtual NMI is pending',      { virtualNmiEnabled: 1, virtualNmiPending: 1 },   'halted'],
    ['ignores V_NMI when it is not enabled',     { virtualNmiPending: 1 },                         'exit a6h'],
  ])('under the idle-HLT intercept %s', (_rule, fields, outcome) => {
    protectedMode(0, 0);
    for (const [name, value] of Object.entries(fields)) machine.state.set(name, value);
    expect(outcomeOf(machine, HLT, [ExitCode.IdleHlt])).toBe(outcome);
  });
});

describe('PAUSE', () => {
  /** Completed PAUSEs before the exit of the next, in a row of `tries`. */
  function pausesBeforeExit(count: number, tries: number): number {
    protectedMode(0, 0);
    machine.state.set('pauseFilterCount', count);
    machine.state.set('pauseLeft', count);
    for (let i = 0; i < tries; i++) {
      if (outcomeOf(machine, PAUSE, [ExitCode.Pause]) !== 'completed') return i;
    }
    return tries;
  }

  it('exits at once without a filter', () => {
    expect(pausesBeforeExit(0, 3)).toBe(0);
  });

  it('exits when the count would go below zero', () => {
    expect(pausesBeforeExit(9, 20)).toBe(9);
  });

  it('does not exit while the count lasts', () => {
    expect(pausesBeforeExit(21, 20)).toBe(20);
  });

  it.each([
    ['within the threshold spends the count', 5, 'exit 77h'],
    ['later than the threshold restarts it', 4, 'completed'],
  ])('%s', (_rule, threshold, outcome) => {
    protectedMode(0, 0);
    const { state } = machine;
    state.set('pauseFilterCount', 3);
    state.set('pauseFilterThreshold', threshold);
    state.set('pauseLeft', 0);
    state.setNum('lastPause', 0);
    state.setNum('clock', 5);
    expect(outcomeOf(machine, PAUSE, [ExitCode.Pause])).toBe(outcome);
    if (outcome === 'completed') expect(state.get('pauseLeft')).toBe(3);
  });

  it('is nothing where it is not intercepted', () => {
    expect(outcomeOf(protectedMode(3, 0), PAUSE)).toBe('completed');
  });
});
