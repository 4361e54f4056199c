/** A REP that overwrites itself ends as it began, wherever a deadline falls; after an event its bytes are fetched again. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Rflags } from '../../assembly/abi/processor-bits.js';
import { Stop } from '../../assembly/abi/stop.js';
import { restoreCore, saveCore } from '../../src/core/core-snapshot.js';
import { CODE, Machine } from '../helpers/machine.js';

const HLT = 0xf4;
const COUNT = 40;
const DATA = 0x4000;
/** What the instructions are overwritten with ends the program. */
const CASES = [
  ['rep stosb', [0xf3, 0xaa], 1],
  ['rep stosd', [0xf3, 0xab], 4],
  ['repne movsb, with a prefix that means nothing', [0x2e, 0xf2, 0xa4], 1],
  ['rep movsq', [0xf3, 0x48, 0xa5], 8],
  ['rep insb', [0xf3, 0x6c], 1],
] as const;

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

describe.each(CASES)('%s', (_name, code, width) => {
  const start = () => {
    machine.long().load([0x90, ...code, HLT, HLT]);
    const { core, state } = machine;
    core.memory.fill(HLT, DATA, DATA + COUNT * width);
    state.setBig('rax', 0xf4f4_f4f4_f4f4_f4f4n);
    state.setNum('rsi', DATA);
    state.setNum('rdi', CODE - 3 * width);
    state.setNum('rcx', COUNT);
  };
  const end = () => {
    const { state, core } = machine;
    const numbers = ['rcx', 'rsi', 'rdi', 'rip', 'clock'].map((name) => state.num(name));
    return [...numbers, Buffer.from(core.memory.subarray(0, 2 * CODE)).toString('hex')].join(' ');
  };
  /** After the instruction: what INS has read is not HLT. */
  const AFTER = COUNT + 1;

  it('runs to its end in slices of any size', () => {
    start();
    expect(machine.run(AFTER)).toBe(Stop.Budget);
    expect(machine.state.num('rcx')).toBe(0);
    const whole = end();
    for (let slice = 1; slice < AFTER; slice++) {
      start();
      for (let left = AFTER; left > 0; left -= slice) machine.run(Math.min(slice, left));
      expect(end(), `slices of ${slice}`).toBe(whole);
    }
  });

  it('goes on where its state is restored', () => {
    start();
    machine.run(AFTER);
    const whole = end();
    start();
    machine.run(12);
    const saved = saveCore(machine.core);
    machine.long();
    restoreCore(machine.core, saved);
    machine.run(AFTER - 12);
    expect(end()).toBe(whole);
  });
});

it('is fetched again after an exception between its iterations', () => {
  const [handler, vector] = [0x3000, 4];
  machine.real().load([0xf3, 0xaa]);
  const { core, state } = machine;
  core.words.setUint16(vector, handler, true);
  core.write(handler, Uint8Array.of(0xcf));
  state.setNum('rax', HLT);
  state.setNum('rdi', CODE);
  state.setNum('rcx', COUNT);
  machine.rflags = BigInt(Rflags.Tf | Rflags.Always1);
  // An iteration, IRET, HLT, IRET.
  machine.run(4);
  expect(state.num('rip')).toBe(CODE + 1);
  expect(state.num('rcx')).toBe(COUNT - 1);
});

it('is not what comes back to its address later', () => {
  machine.long().load([0xf3, 0xaa]);
  const { state, core } = machine;
  core.write(CODE + 0x100, Uint8Array.of(0xe9, 0xfb, 0xfe, 0xff, 0xff));
  state.setNum('rax', HLT);
  state.setNum('rdi', CODE);
  state.setNum('rcx', COUNT);
  expect(machine.run(3)).toBe(Stop.Budget);
  // A debugger goes elsewhere, and a jump leads back.
  state.setNum('rip', CODE + 0x100);
  expect(machine.run(100)).toBe(Stop.Halted);
  expect(state.num('rcx')).toBe(COUNT - 3);
});
