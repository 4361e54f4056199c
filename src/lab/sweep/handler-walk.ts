/**
 * The same run again, one instruction at a time, where a probe needs to know more: which stack the handler used, and which
 * IRETs completed or faulted while it ran.
 */
import type { Vm } from '../../hypervisor/vm.js';
import { frameBytes, naturalBytes, readStack, stackPointer } from './handler-stack.js';
import type { SweepMachine } from './sweep-machine.js';

/** An IRET that a handler executed, or tried to. */
export interface IretAttempt {
  /** The machine's time before it. */
  readonly time: number;
  readonly rip: bigint;
  /** False: it faulted. */
  readonly isCompleted: boolean;
  /** NMI handlers that ran before it, and after. */
  readonly before: number;
  readonly after: number;
}

/** A stack that handlers used: linear addresses from its top down to where the stack pointer went. */
export interface HandlerStack {
  low: bigint;
  readonly top: bigint;
}

export interface HandlerWalk {
  readonly stacks: readonly HandlerStack[];
  readonly irets: readonly IretAttempt[];
}

/** A stack pointer that moves farther in one step is on another stack. */
const SAME_STACK_BYTES = 0x400n;
/** An error code, and what the first instruction of the handler of an exception may have pushed. */
const EXCEPTION_SLACK = 16n;

/** Steps from where the machine is until `end`, with `base` handlers running outside of those that are looked at. */
export function walkHandlers(machine: SweepMachine, end: number, base: number): HandlerWalk {
  const { vm } = machine;
  machine.recorder.readsFrames = true;
  const stacks: HandlerStack[] = [];
  const irets: IretAttempt[] = [];
  let pointer = stackPointer(vm);
  while (vm.time < end) {
    const before = look(machine);
    const stop = machine.runTo(vm.time + 1);
    const running = vm.nmiState.handlerDepth;
    const previous = pointer;
    pointer = stackPointer(vm);
    if (before.returnsTo !== null) irets.push(attempt(machine, before, running));
    if (running > base) follow(stacks, pointer, previous, machine, before.time);
    if (stop.kind !== 'budget') break;
  }
  machine.recorder.readsFrames = false;
  return { stacks, irets };
}

interface Before {
  readonly time: number;
  readonly rip: bigint;
  readonly running: number;
  /** Where the IRET at `rip` would go; null if there is none. */
  readonly returnsTo: bigint | null;
}

function look(machine: SweepMachine): Before {
  const { vm } = machine;
  const rip = vm.registers.get('rip');
  const text = machine.instructionAt(rip);
  const isIret = text.startsWith('iret');
  return {
    time: vm.time,
    rip,
    running: vm.nmiState.handlerDepth,
    returnsTo: isIret ? poppedRip(vm, text) : null,
  };
}

function poppedRip(vm: Vm, text: string): bigint {
  const suffixed: Readonly<Record<string, number>> = { iretw: 2, iretd: 4, iretq: 8 };
  const bytes = suffixed[text] ?? (naturalBytes(vm) === 2 ? 2 : 4);
  return readStack(vm, stackPointer(vm), bytes);
}

/**
 * A completed IRET is where its frame said, or an NMI has struck right there; after a fault an instruction of its handler is
 * done.
 */
function attempt({ vm, recorder }: SweepMachine, before: Before, after: number): IretAttempt {
  const struck = recorder.entries.findLast(({ time }) => time > before.time)?.interrupted;
  const isThere = vm.registers.get('rip') === before.returnsTo || struck === before.returnsTo;
  const isCompleted = after < before.running || isThere;
  return { time: before.time, rip: before.rip, isCompleted, before: before.running, after };
}

function follow(
  stacks: HandlerStack[],
  pointer: bigint,
  previous: bigint,
  { vm, recorder }: SweepMachine,
  since: number,
): void {
  const known = stacks.find(({ low, top }) => pointer > low - SAME_STACK_BYTES && pointer <= top);
  if (known) {
    if (pointer < known.low) known.low = pointer;
    return;
  }
  const isSame = pointer <= previous && previous - pointer < SAME_STACK_BYTES;
  const entry = recorder.entries.findLast(({ time }) => time >= since);
  const switched = entry ? entry.stack : pointer + EXCEPTION_SLACK;
  stacks.push({ low: pointer, top: isSame ? previous : switched + frameBytes(vm, true) });
}
