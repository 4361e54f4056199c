/** RDTSC, RDTSCP, RDPID, RDPMC. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Cr4 } from '../../../assembly/abi/processor-bits.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';

const RDTSC = [0x0f, 0x31];
const RDTSCP = [0x0f, 0x01, 0xf9];
const RDPMC = [0x0f, 0x33];
const NOP = 0x90;

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

describe('the time-stamp counter', () => {
  it('counts the instructions before it', () => {
    machine.long().load([NOP, NOP, NOP, ...RDTSC]);
    machine.run(4);
    expect(machine.state.big('rax')).toBe(3n);
    expect(machine.state.big('rdx')).toBe(0n);
  });

  it('adds its own base, and TSC_OFFSET in a guest alone', () => {
    machine.long();
    machine.state.setBig('tscBase', 0x1_0000_0000n);
    machine.state.setBig('tscOffset', 0x20n);
    machine.load(RDTSC).run(1);
    expect([machine.state.big('rdx'), machine.state.big('rax')]).toEqual([1n, 0n]);
    expect(outcomeOf(machine, RDTSC)).toBe('completed');
    expect([machine.state.big('rdx'), machine.state.big('rax')]).toEqual([1n, 0x21n]);
  });

  it('RDTSCP gives TSC_AUX too', () => {
    machine.long();
    machine.state.setBig('tscAux', 0x1234n);
    machine.state.setBig('rcx', ~0n & 0xffff_ffff_ffff_ffffn);
    expect(outcomeOf(machine, RDTSCP)).toBe('completed');
    expect(machine.state.big('rcx')).toBe(0x1234n);
  });

  it.each([
    ['RDTSC', RDTSC],
    ['RDTSCP', RDTSCP],
  ])('%s is open to CPL 3 unless CR4.TSD is set', (_name, code) => {
    machine.long(3);
    expect(outcomeOf(machine, code)).toBe('completed');
    machine.state.setNum('cr4', Cr4.Pae | Cr4.Tsd);
    expect(outcomeOf(machine, code)).toBe('#GP(0)');
  });
});

describe('RDPMC', () => {
  // prettier-ignore
  it.each<[rule: string, cpl: number, cr4: number, counter: number, outcome: string]>([
    ['CPL 0',                        0, 0,       3, 'completed'],
    ['CPL 3 with CR4.PCE',           3, Cr4.Pce, 0, 'completed'],
    ['CPL 3 without CR4.PCE faults', 3, 0,       0, '#GP(0)'],
    ['no such counter faults',       0, Cr4.Pce, 4, '#GP(0)'],
  ])('%s', (_rule, cpl, cr4, counter, outcome) => {
    machine.long(cpl);
    machine.state.setNum('cr4', Cr4.Pae | cr4);
    machine.state.setNum('rcx', counter);
    machine.state.setNum('rax', 5);
    expect(outcomeOf(machine, RDPMC)).toBe(outcome);
    expect(machine.state.num('rax')).toBe(outcome === 'completed' ? 0 : 5);
  });
});

describe('RDPID', () => {
  it('reads TSC_AUX, at any privilege and whatever CR4.TSD', () => {
    machine.long(3);
    machine.state.setNum('cr4', Cr4.Pae | Cr4.Tsd);
    machine.state.setBig('tscAux', 0x1234n);
    machine.state.setBig('rbx', ~0n);
    expect(outcomeOf(machine, [0xf3, 0x0f, 0xc7, 0xfb])).toBe('completed'); // rdpid rbx
    expect(machine.state.big('rbx')).toBe(0x1234n);
  });
});
