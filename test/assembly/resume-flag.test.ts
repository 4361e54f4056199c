/** RFLAGS.RF lasts for one instruction, breakpoints or not (APM vol 2 §3.1.6, §13.1). */
import { expect, it } from 'vitest';
import { Rflags } from '../../assembly/abi/processor-bits.js';
import { CODE, Machine, STACK } from '../helpers/machine.js';

const NOP = 0x90;

it('is off after the first instruction that an event could interrupt', async () => {
  const machine = (await Machine.create()).long();
  machine.rflags = BigInt(Rflags.Rf);
  machine.load([NOP, NOP, NOP]);
  machine.run(1);
  expect(Number(machine.rflags) & Rflags.Rf).toBe(0);
});

it('is set by IRET for the instruction that it returns to, and off after that', async () => {
  const machine = (await Machine.create()).real();
  const { state, core } = machine;
  // A 32-bit frame at 0:STACK, returning to the NOPs behind the IRETD.
  core.words.setUint32(STACK, CODE + 2, true);
  core.words.setUint32(STACK + 4, 0, true);
  core.words.setUint32(STACK + 8, Rflags.Rf | Rflags.Always1, true);
  const OPERAND_SIZE = 0x66;
  const IRET = 0xcf;
  machine.load([OPERAND_SIZE, IRET, NOP, NOP, NOP]);
  machine.run(1);
  expect(state.num('rip')).toBe(CODE + 2);
  expect(Number(machine.rflags) & Rflags.Rf).toBe(Rflags.Rf);
  machine.run(1);
  expect(Number(machine.rflags) & Rflags.Rf).toBe(0);
});
