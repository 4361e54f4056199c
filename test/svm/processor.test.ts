/** The processor as a hypervisor's author sees it: VMRUN, pauses, pins, HLT, misuse. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Cr4 } from '../../assembly/abi/processor-bits.js';
import { UsageError } from '../../src/errors.js';
import { intercept } from '../../src/svm/intercepts.js';
import { Processor } from '../../src/svm/processor.js';
import { maskInterruptsVirtually } from '../../src/svm/vintr.js';
import { BareGuest, CODE } from '../helpers/bare-guest.js';

let guest: BareGuest;
beforeAll(async () => {
  guest = await BareGuest.create();
});

const VMMCALL = [0x0f, 0x01, 0xd9];
const HLT = 0xf4;
const STI = 0xfb;
const LOOP_FOREVER = [0xeb, 0xfe];

describe.each(['real', 'long'] as const)('%s', (mode) => {
  it('runs a guest to its VMMCALL and writes its state back', () => {
    guest[mode]([0xb0, 0x2a, ...VMMCALL]); // mov al, 42
    expect(guest.processor.vmrun(guest.vmcb)).toEqual({ kind: 'vmmcall', code: 0x81 });
    expect(guest.vmcb.get('rax')).toBe(42n);
    expect(guest.rip).toBe(CODE + 2);
    expect(guest.vmcb.getNumber('nextRip')).toBe(CODE + 5);
  });

  it('pauses after maxInstructions, and goes on', () => {
    guest[mode]([0x90, 0x90, 0x90, 0x90, ...VMMCALL]);
    const start = guest.processor.clock;
    expect(guest.processor.vmrun(guest.vmcb, { maxInstructions: 3 })).toEqual({ kind: 'paused' });
    expect(guest.processor.clock).toBe(start + 3);
    expect(guest.processor.resume({ maxInstructions: 0 })).toEqual({ kind: 'paused' });
    expect(guest.processor.resume().kind).toBe('vmmcall');
    expect(guest.processor.clock).toBe(start + 4);
  });

  it('halts where nothing can wake it', () => {
    guest[mode]([HLT, ...VMMCALL]);
    expect(guest.processor.vmrun(guest.vmcb)).toEqual({ kind: 'halted' });
    guest.processor.leave();
    expect(guest.rip).toBe(CODE + 1);
  });

  it('wakes from HLT when an event comes between two runs', () => {
    guest[mode]([HLT, ...VMMCALL]);
    intercept(guest.vmcb, 'nmi');
    expect(guest.processor.vmrun(guest.vmcb).kind).toBe('halted');
    expect(guest.processor.resume().kind).toBe('halted');
    guest.processor.raiseNmi();
    expect(guest.processor.resume().kind).toBe('nmi');
    expect(guest.rip).toBe(CODE + 1);
    guest.processor.acknowledgeNmi();
  });

  it('exits for a scheduled interrupt at its exact clock', () => {
    guest[mode](LOOP_FOREVER);
    intercept(guest.vmcb, 'intr');
    maskInterruptsVirtually(guest.vmcb, true);
    const due = guest.processor.clock + 1234;
    guest.processor.scheduleInterrupt(due, 0x30);
    expect(guest.processor.vmrun(guest.vmcb)).toEqual({ kind: 'intr', code: 0x60 });
    expect(guest.processor.clock).toBe(due);
    expect(guest.processor.acknowledgeInterrupt()).toBe(0x30);
    expect(guest.processor.isInterruptPending).toBe(false);
  });

  it('lets time pass in HLT until a scheduled interrupt', () => {
    guest[mode]([HLT, ...VMMCALL]);
    intercept(guest.vmcb, 'intr');
    maskInterruptsVirtually(guest.vmcb, true);
    const due = guest.processor.clock + 500;
    guest.processor.scheduleInterrupt(due, 0x30);
    expect(guest.processor.vmrun(guest.vmcb).kind).toBe('intr');
    expect(guest.processor.clock).toBe(due);
    expect(guest.rip).toBe(CODE + 1);
  });

  it('delivers an interrupt that is not intercepted through the guest IDT when IF allows', () => {
    guest[mode]([0x90, STI, 0x90, 0x90, ...VMMCALL]).handler(0x30, VMMCALL);
    guest.processor.raiseInterrupt(0x30);
    expect(guest.processor.vmrun(guest.vmcb).kind).toBe('vmmcall');
    // STI's shadow covers the first NOP after it.
    expect(guest.stack(1)).toEqual([CODE + 3]);
    expect(guest.processor.isInterruptPending).toBe(false);
  });
});

it('stops at an instruction that is not implemented, with its bytes', () => {
  // mov ecx, DEBUGCTL; mov eax, 1 (LBR); xor edx, edx; wrmsr
  const setUp = [0xb9, 0xd9, 0x01, 0x00, 0x00, 0xb8, 0x01, 0x00, 0x00, 0x00, 0x31, 0xd2];
  guest.long([...setUp, 0x0f, 0x30]);
  const result = guest.processor.vmrun(guest.vmcb);
  expect(result).toMatchObject({ kind: 'unimplemented', rip: BigInt(CODE + setUp.length) });
  expect(result.kind === 'unimplemented' && [...result.bytes.slice(0, 2)]).toEqual([0x0f, 0x30]);
});

it('stops when a triple fault is not intercepted', () => {
  guest.real([0xcc]); // int3
  guest.vmcb.set('idtrLimit', 0);
  guest.vmcb.set('intercept3', 0);
  expect(guest.processor.vmrun(guest.vmcb)).toEqual({ kind: 'shutdown-unintercepted' });
});

it('tells a caller without types what was expected', async () => {
  const nothing = undefined as never;
  await expect(Processor.create(nothing)).rejects.toThrow(UsageError);
  const cpu = await Processor.create({ memoryBytes: 1 << 20 });
  expect(() => cpu.vmcb(nothing)).toThrow(UsageError);
  expect(() => cpu.vmrun(nothing)).toThrow(UsageError);
});

it('refuses to enter a second guest, and to resume without one', () => {
  guest.real(LOOP_FOREVER);
  expect(() => guest.processor.resume()).toThrow(UsageError);
  guest.processor.vmrun(guest.vmcb, { maxInstructions: 1 });
  expect(() => guest.processor.vmrun(guest.vmcb)).toThrow(UsageError);
  guest.processor.leave();
});

describe('a processor model', () => {
  it('decides which bits of CR4 a VMCB may have', async () => {
    const level2 = await BareGuest.create('x86-64-v2');
    level2.long(VMMCALL);
    level2.vmcb.set('cr4', level2.vmcb.get('cr4') | BigInt(Cr4.Osxsave));
    expect(level2.processor.vmrun(level2.vmcb).kind).toBe('invalid');
    guest.long(VMMCALL);
    guest.vmcb.set('cr4', guest.vmcb.get('cr4') | BigInt(Cr4.Osxsave));
    expect(guest.processor.vmrun(guest.vmcb).kind).toBe('vmmcall');
  });

  it('decides which bits of XCR0 exist', async () => {
    const level2 = await BareGuest.create('x86-64-v2');
    expect([level2.processor.xcr0Bits, guest.processor.xcr0Bits]).toEqual([0n, 7n]);
    expect([level2.processor.xsetbv(1n), guest.processor.xsetbv(5n)]).toEqual([false, false]);
    expect(guest.processor.xsetbv(7n)).toBe(true);
  });
});
