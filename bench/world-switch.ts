/**
 * What going into a guest and out again costs, with and without an NMI on the way in.
 *
 * The guest stands on a VMMCALL, which is intercepted: every VMRUN executes this one instruction and exits. Each NMI
 * handler is a single IRETQ, whose own cost is measured in a guest that does nothing else, and taken off.
 */
import { TlbControl } from '../assembly/abi/vmcb-layout.js';
import { createVm, injectNmi, InvariantError, NestedPageTables, requestNmi, Vector } from '../src/index.js';
import {
  BareGuest,
  CODE,
  CODE_SELECTOR,
  DATA_SELECTOR,
  FREE,
  MEMORY_BYTES,
  STACK,
} from '../test/helpers/bare-guest.js';
import { type Estimate, scale, subtract } from './estimate.js';
import { type Budget, measure, type Timing, type Work } from './measure.js';
import { type Result, type Section, type Target, timedResult } from './section.js';

/** Round trips, or instructions, in one sample. */
const PER_SAMPLE = 2000;
const MS_TO_NS = 1e6;
const TARGET: Target = { is: 'below', value: 400 };
const NMI_TARGET: Target = { is: 'below', value: 300 };

const VMMCALL = [0x0f, 0x01, 0xd9];
const IRETQ = [0x48, 0xcf];
/** MOV EAX, 3 (the hypercall that marks an event), VMMCALL, JMP back. */
const HYPERCALL_LOOP = [0xb8, 3, 0, 0, 0, ...VMMCALL, 0xeb, 0xf6];
const HYPERCALL_LOOP_INSTRUCTIONS = 3;
/** INT 40h and JMP back; the handler is an IRETQ. */
const INTERRUPT_LOOP = [0xcd, 0x40, 0xeb, 0xfc];
const INTERRUPT_LOOP_INSTRUCTIONS = 3;
const INTERRUPT_VECTOR = 0x40;
const PAGE = 0x1000;
const NESTED_PAGING_ON = 1n;
const RFLAGS_ALWAYS_ONE = 2;

export async function measureWorldSwitch(budget: Budget): Promise<Section> {
  const works = {
    plain: await plainSwitch(),
    nested: await nestedSwitch(),
    handled: await handledHypercall(),
    virtual: await virtualNmiSwitch(),
    injected: await injectedNmiSwitch(),
    iretq: await interruptReturn(),
    software: await softwareInterrupt(),
  };
  const { plain, nested, handled, virtual, injected, iretq, software } = await measure(works, budget);
  return {
    name: 'switch',
    title: 'World switch',
    unit: 'ns',
    reading:
      'Each once, warm, the TLB kept. NMIs: what one adds to a switch, its IRETQ apart; less is better.',
    results: [
      direct('VMRUN, VMMCALL, #VMEXIT', plain, TARGET),
      direct('the same, nested paging', nested, TARGET),
      direct('the same, handled by a Vm', handled, null),
      difference('NMI by V_NMI', virtual, [plain, iretq], NMI_TARGET),
      difference('NMI by EVENTINJ', injected, [plain, iretq], null),
      direct('IRETQ', iretq, null),
      direct('INT n, IRETQ, JMP', software, null),
    ],
  };
}

function direct(name: string, { processor, wall }: Timing, target: Target | null): Result {
  return timedResult(name, perTrip(processor), perTrip(wall), target);
}

/** What is left of a round trip without its known parts. */
function difference(name: string, whole: Timing, parts: readonly Timing[], target: Target | null): Result {
  const rest = (clock: keyof Timing): Estimate =>
    perTrip(parts.reduce((left, part) => subtract(left, part[clock]), whole[clock]));
  return timedResult(name, rest('processor'), rest('wall'), target);
}

function perTrip(sample: Estimate): Estimate {
  return scale(sample, MS_TO_NS / PER_SAMPLE);
}

async function plainSwitch(): Promise<Work> {
  const guest = warm((await BareGuest.create()).long(VMMCALL));
  return { sample: () => switchOften(guest) };
}

async function nestedSwitch(): Promise<Work> {
  const guest = (await BareGuest.create()).long(VMMCALL);
  let next = FREE;
  const nested = new NestedPageTables(guest.processor.words, () => (next += PAGE) - PAGE);
  nested.map(0, 0, MEMORY_BYTES);
  guest.vmcb.set('nestedControl', NESTED_PAGING_ON);
  guest.vmcb.setNumber('nestedCr3', nested.root);
  warm(guest);
  return { sample: () => switchOften(guest) };
}

/** With nested paging and all that a virtual machine does about an exit: agenda, ledger, handler, next entry. */
async function handledHypercall(): Promise<Work> {
  const vm = await createVm({ guest: Uint8Array.from(HYPERCALL_LOOP), format: 'flat', bits: 64 });
  const maxInstructions = HYPERCALL_LOOP_INSTRUCTIONS * PER_SAMPLE;
  return { sample: () => expectKind(vm.run({ maxInstructions }).stop, 'budget') };
}

async function virtualNmiSwitch(): Promise<Work> {
  const guest = warm((await BareGuest.create()).long(VMMCALL).virtualNmi().handler(Vector.Nmi, IRETQ));
  return { sample: () => switchOften(guest, () => requestNmi(guest.vmcb)) };
}

async function injectedNmiSwitch(): Promise<Work> {
  const guest = warm((await BareGuest.create()).long(VMMCALL).handler(Vector.Nmi, IRETQ));
  return { sample: () => switchOften(guest, () => injectNmi(guest.vmcb)) };
}

/** An IRETQ whose frame leads back to itself, with the stack where it was. */
async function interruptReturn(): Promise<Work> {
  const { processor, vmcb } = (await BareGuest.create()).long(IRETQ);
  const frame = [CODE, CODE_SELECTOR, RFLAGS_ALWAYS_ONE, STACK, DATA_SELECTOR];
  frame.forEach((word, i) => processor.words.setBigUint64(STACK + 8 * i, BigInt(word), true));
  expectKind(processor.vmrun(vmcb, { maxInstructions: 1 }), 'paused');
  return { sample: () => expectKind(processor.resume({ maxInstructions: PER_SAMPLE }), 'paused') };
}

/** A software interrupt to the same level and back, as system calls of old go: no exit. */
async function softwareInterrupt(): Promise<Work> {
  const { processor, vmcb } = (await BareGuest.create())
    .long(INTERRUPT_LOOP)
    .handler(INTERRUPT_VECTOR, IRETQ);
  expectKind(processor.vmrun(vmcb, { maxInstructions: 1 }), 'paused');
  const maxInstructions = INTERRUPT_LOOP_INSTRUCTIONS * PER_SAMPLE;
  return { sample: () => expectKind(processor.resume({ maxInstructions }), 'paused') };
}

function switchOften({ processor, vmcb }: BareGuest, prepareEntry?: () => void): void {
  for (let i = 0; i < PER_SAMPLE; i++) {
    prepareEntry?.();
    expectKind(processor.vmrun(vmcb), 'vmmcall');
  }
}

/** The first VMRUN flushes the TLB, as it must; the others keep it. */
function warm(guest: BareGuest): BareGuest {
  expectKind(guest.processor.vmrun(guest.vmcb), 'vmmcall');
  guest.vmcb.set('tlbControl', TlbControl.Nothing);
  return guest;
}

function expectKind(end: { readonly kind: string }, expected: string): void {
  if (end.kind !== expected) throw new InvariantError(`ended with ${end.kind} instead of ${expected}`);
}
