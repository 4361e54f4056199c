/** Code that changes while it runs, on a page that has no other: stores to it must be seen, however often. */
import { expect, it } from 'vitest';
import { Activity, Stop } from '../../assembly/abi/stop.js';
import { Machine } from '../helpers/machine.js';

const HLT = 0xf4;
const FUNCTION = 0x3000;

// prettier-ignore
const LOOP = [
  0x89, 0x4e, 0x01,             // l: mov [rsi + 1], ecx
  0xff, 0xd6,                   // call rsi
  0x88, 0x4f, 0x05,             // mov [rdi + 5], cl: a line without code, on the page of the function
  0x02, 0x57, 0x05,             // add dl, [rdi + 5]
  0xff, 0xc9,                   // dec ecx
  0x75, 0xf1,                   // jnz l
  HLT,
];
/** add eax, 0; ret */
const ADD = [0x05, 0, 0, 0, 0, 0xc3];

it.each([
  ['interpreted', false, 60],
  ['compiled', true, 2000],
])('a function whose constant is stored before each call, %s', async (_tier, jit, calls) => {
  const machine = await Machine.create(1 << 20, { jit, hotThreshold: 8 });
  machine.long().load(LOOP);
  const { state, core } = machine;
  core.write(FUNCTION, Uint8Array.from(ADD));
  state.setNum('rsi', FUNCTION);
  state.setNum('rdi', FUNCTION + 0x800);
  state.setNum('rcx', calls);
  state.setNum('rdx', 0);
  expect(machine.run(calls * 9 + 1)).toBe(Stop.Halted);
  const sum = (calls * (calls + 1)) / 2;
  expect(state.num('rax')).toBe(sum);
  expect(state.num('rdx')).toBe(sum & 0xff);
  // The function moves to another line and leaves data where it was.
  core.memory.copyWithin(FUNCTION + 0x400, FUNCTION, FUNCTION + ADD.length);
  machine.load(LOOP);
  state.set('activity', Activity.Running);
  state.setNum('rax', 0);
  state.setNum('rsi', FUNCTION + 0x400);
  state.setNum('rdi', FUNCTION - 5);
  state.setNum('rcx', 3);
  expect(machine.run(100)).toBe(Stop.Halted);
  expect(state.num('rax')).toBe(1 + 2 + 3);
  expect(core.memory[FUNCTION]).toBe(1);
});
