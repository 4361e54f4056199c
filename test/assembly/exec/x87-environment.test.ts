/** Control words, environments, pending exceptions, and where the last instruction and its operand were (APM vol 1 §6.2). */
import { beforeEach, describe, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { Stop } from '../../../assembly/abi/stop.js';
import { CODE, Machine } from '../../helpers/machine.js';
import { loadX87, ONE, OPERAND, runX87, stackOf, statusOf, THREE, TWO } from '../../helpers/x87.js';
import { outcomeOf } from '../../helpers/outcome.js';

const PENDING = { stack: [ONE, TWO], control: 0x37e, status: 0x4701 };

const machine = await Machine.create();
beforeEach(() => machine.long());

function bytesAt(address: number, count: number): string {
  return Buffer.from(machine.core.read(address, count)).toString('hex');
}

function setPointers(): void {
  const { state } = machine;
  state.setBig('x87InstructionPointer', 0x12345678n);
  state.setBig('x87DataPointer', 0x9abcdef0n);
  state.set('x87InstructionSelector', 0x33);
  state.set('x87DataSelector', 0x2b);
  state.set('x87Opcode', 0x123);
}

describe('a pending exception', () => {
  it.each([
    ['fwait', '9b', '#MF'],
    ['fadd st0,st1', 'd8c1', '#MF'],
    ['fnop', 'd9d0', '#MF'],
    ['fldcw [rbx]', 'd92b', '#MF'],
    ['fldenv [rbx]', 'd923', '#MF'],
    ['fnclex', 'dbe2', 'completed'],
    ['fninit', 'dbe3', 'completed'],
    ['fnstsw ax', 'dfe0', 'completed'],
    ['fnstcw [rbx]', 'd93b', 'completed'],
    ['fnstenv [rbx]', 'd933', 'completed'],
    ['fnsave [rbx]', 'dd33', 'completed'],
    ['fneni', 'dbe0', 'completed'],
  ])('%s: %s gives %s', (_name, code, outcome) => {
    expect(runX87(machine, code, PENDING)).toBe(outcome);
  });

  it('freezes the processor with CR0.NE clear, until an interrupt', () => {
    const { state } = machine;
    machine.load([0x90, 0x9b]);
    loadX87(machine, PENDING);
    state.setBig('cr0', state.big('cr0') & ~0x20n);
    expect([machine.run(10), state.num('rip')]).toEqual([Stop.Halted, CODE + 1]);
    state.set('x87Status', 0);
    state.set('activity', 0);
    expect([machine.run(1), state.num('rip')]).toEqual([Stop.Budget, CODE + 2]);
  });

  it('exits instead of freezing if FERR_FREEZE is intercepted', () => {
    const { state } = machine;
    loadX87(machine, PENDING);
    state.setBig('cr0', state.big('cr0') & ~0x20n);
    expect(outcomeOf(machine, [0x9b], [ExitCode.FerrFreeze])).toBe('exit 7eh');
  });

  it('comes before a page fault of the operand', () => {
    const code = 'd80425 00000040';
    expect(runX87(machine, code, PENDING)).toBe('#MF');
    expect(runX87(machine, code, { stack: [ONE] })).toMatch('#PF');
  });

  it('waits for the next instruction: the one that signals it completes', () => {
    expect(runX87(machine, 'd8f1', { stack: [ONE, '0000:0000000000000000'], control: 0x37b })).toBe(
      'completed',
    );
    expect(statusOf(machine)).toBe(0x8084);
    expect(stackOf(machine)[0]).toBe(ONE);
  });

  it('follows the masks, whatever the word that is loaded says', () => {
    machine.core.write(OPERAND, Uint8Array.of(0x7e, 0x03));
    runX87(machine, 'd92b', { status: 1 });
    expect(statusOf(machine)).toBe(0x8081);
  });
});

describe('control words', () => {
  it('FLDCW keeps the reserved bits as they are', () => {
    machine.core.write(OPERAND, Uint8Array.of(0xff, 0xff));
    runX87(machine, 'd92b');
    expect(machine.state.get('x87Control')).toBe(0x1f7f);
  });

  it('FNCLEX keeps the condition codes', () => {
    runX87(machine, 'dbe2', { status: 0x477f, control: 0x340 });
    expect(statusOf(machine)).toBe(0x4700);
  });

  it('FNINIT empties the registers and keeps their contents', () => {
    runX87(machine, 'dbe3', { stack: [ONE], status: 0x4741 });
    expect([stackOf(machine), statusOf(machine), machine.state.get('x87Control')]).toEqual([[], 0, 0x37f]);
    machine.state.set('x87Tags', 0x80);
    machine.state.set('x87Top', 7);
    expect(stackOf(machine)).toEqual([ONE]);
  });
});

describe('the last instruction', () => {
  const pointers = () => [
    machine.state.num('x87InstructionPointer'),
    machine.state.get('x87Opcode'),
    machine.state.num('x87DataPointer'),
  ];

  it('is shown with its prefixes, its opcode without', () => {
    runX87(machine, '3e66d9c9', { stack: [ONE, TWO] });
    expect(pointers()).toEqual([CODE, 0x1c9, 0]);
  });

  it('shows the offset of its operand, without the base of the segment', () => {
    machine.state.setBig('fsBase', 0x100n);
    runX87(machine, '64d94310', { stack: [ONE] });
    expect(pointers()).toEqual([CODE, 0x143, OPERAND + 0x10]);
  });

  it('is none that controls, and none that faults', () => {
    setPointers();
    runX87(machine, 'd93b');
    expect(pointers()).toEqual([0x12345678, 0x123, 0x9abcdef0]);
    runX87(machine, 'd80425 00000040', { stack: [ONE] });
    expect(pointers()).toEqual([0x12345678, 0x123, 0x9abcdef0]);
  });
});

describe('a store', () => {
  it.each([
    ['fstp dword', 'd91c25 00000040', 0x35f],
    ['fstp tword', 'db3c25 00000040', 0x37f],
    ['fistp qword, which an unmasked exception forbids', 'df3c25 00000040', 0x37e],
    ['fnsave', 'dd3425 00000040', 0x37f],
  ])('that faults leaves everything as it was: %s', (_name, code, control) => {
    const stack = ['43ff:8000000000000001', TWO];
    expect(runX87(machine, code, { stack, control })).toMatch('#PF');
    expect([stackOf(machine), statusOf(machine), machine.state.get('x87Control')]).toEqual([
      stack,
      0,
      control,
    ]);
  });

  it('of ten bytes writes none of them if the last are not writable', async () => {
    const large = (await Machine.create(4 << 20)).long();
    const secondLargePage = 0x72008; // its entry in the tables of `Machine.long`
    large.core.words.setBigUint64(secondLargePage, 0n, true);
    expect(runX87(large, 'db3c25 fcff1f00', { stack: [ONE] })).toMatch('#PF');
    expect(stackOf(large)).toEqual([ONE]);
    expect([...large.core.read(0x1ffffc, 4)]).toEqual([0, 0, 0, 0]);
  });
});

describe('environments', () => {
  it('FNSTENV in protected mode, then masks all exceptions', () => {
    loadX87(machine, {});
    setPointers();
    expect(runX87(machine, 'd933', { stack: [ONE, TWO], control: 0x37e, status: 0x4701 })).toBe('completed');
    expect(bytesAt(OPERAND, 28)).toBe('7e03ffff81f7ffffff0fffff7856341233002301f0debc9a2b00ffff');
    expect(machine.state.get('x87Control')).toBe(0x37f);
  });

  it('with fields of 16 bits', () => {
    setPointers();
    runX87(machine, '66d933', { stack: [ONE] });
    expect(bytesAt(OPERAND, 16)).toBe('7f030038ff3f78563300f0de2b000000');
  });

  it('in real mode: addresses, not selectors', () => {
    machine.real();
    loadX87(machine, { stack: [ONE] });
    setPointers();
    machine.state.set('x87InstructionSelector', 0x1000);
    machine.state.setBig('x87InstructionPointer', 0x2345n);
    machine.state.set('x87DataSelector', 0x2000);
    machine.state.setBig('x87DataPointer', 0x10n);
    machine.load([0xd9, 0x36, 0x00, 0x30]).run(1);
    expect(bytesAt(OPERAND, 14)).toBe('7f030038ff3f4523231110000020');
  });

  it('FLDENV takes from the tag word which registers are empty', () => {
    runX87(machine, 'd933', { stack: [ONE] });
    machine.core.write(OPERAND + 8, Uint8Array.of(0x1b, 0x1b));
    runX87(machine, 'd923');
    expect(machine.state.get('x87Tags')).toBe(0xee);
  });

  it('FRSTOR gives back what FNSAVE took', () => {
    const stack = [ONE, TWO, THREE];
    runX87(machine, 'dd33', { stack, status: 0x4522, control: 0x67f });
    expect([stackOf(machine), statusOf(machine)]).toEqual([[], 0]);
    runX87(machine, 'dd23');
    expect([stackOf(machine), statusOf(machine), machine.state.get('x87Control')]).toEqual([
      stack,
      0x4522,
      0x67f,
    ]);
  });
});
