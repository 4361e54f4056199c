/** Near branches that cannot complete: which fault, and that nothing else happened. */
import { beforeAll, describe, expect, it } from 'vitest';
import { CODE, Machine, STACK } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';

const NOT_CANONICAL = 0x8000_0000_0000n;
/** Above the first GiB, where nothing is mapped. */
const UNMAPPED = 0x4000_0000n;
const CALL_RAX = [0xff, 0xd0];
const JMP_RAX = [0xff, 0xe0];
const RET = [0xc3];
const WRITE_BY_SUPERVISOR = 2;

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

function long(rax: bigint, rsp = BigInt(STACK)): Machine {
  machine.long();
  machine.state.setBig('rax', rax);
  machine.state.setBig('rsp', rsp);
  return machine;
}

describe('64-bit mode', () => {
  it.each([
    ['CALL', CALL_RAX],
    ['JMP', JMP_RAX],
  ])('%s to an address that is not canonical raises #GP at the branch', (_name, code) => {
    expect(outcomeOf(long(NOT_CANONICAL), code)).toBe('#GP(0)');
    expect(machine.state.num('rip')).toBe(CODE);
    expect(machine.state.num('rsp')).toBe(STACK);
  });

  it('RET to an address that is not canonical raises #GP and keeps RSP', () => {
    long(0n).core.words.setBigUint64(STACK, NOT_CANONICAL, true);
    expect(outcomeOf(machine, RET)).toBe('#GP(0)');
    expect(machine.state.num('rsp')).toBe(STACK);
  });

  // Found by comparison with silicon: seed 7, 64-bit.
  it('CALL with a bad stack and a bad target faults on the stack', () => {
    expect(outcomeOf(long(NOT_CANONICAL, UNMAPPED + 8n), CALL_RAX)).toBe(`#PF(${WRITE_BY_SUPERVISOR})`);
    expect(machine.state.big('exitInfo2')).toBe(UNMAPPED);
  });
});

it('a branch past the limit of the code segment raises #GP at the branch', () => {
  machine.real();
  machine.state.setNum('rax', 0x2_0000);
  // jmp eax
  expect(outcomeOf(machine, [0x66, 0xff, 0xe0])).toBe('#GP(0)');
  expect(machine.state.num('rip')).toBe(CODE);
});
