/** The guest's run without any NMI of the sweep: what every probe is held against. */
import { UsageError } from '../../errors.js';
import { describeStop, type StopReason } from '../../hypervisor/run-result.js';
import type { TraceEvent } from '../../hypervisor/trace.js';
import type { AddressRange } from './address-ranges.js';
import type { RequestFate, VmcbProblem } from './observation.js';
import type { HandlerEntry } from './recorder.js';
import type { Mark, SweepMachine } from './sweep-machine.js';

const PAGE_BYTES = 4096;

export interface Baseline {
  /** The machine before the guest's first instruction. */
  readonly start: Mark;
  readonly stop: StopReason;
  /** The machine's time at the end. */
  readonly time: number;
  readonly instructions: number;
  /** What the guest printed. */
  readonly output: string;
  /** Numbers in the output depend on what the handler counts. */
  readonly outputFollows: boolean;
  readonly record: {
    readonly events: readonly TraceEvent[];
    readonly requests: readonly RequestFate[];
    readonly vmcb: readonly VmcbProblem[];
    readonly entries: readonly HandlerEntry[];
  };
  /** Guest-physical memory at the end, by the page's address: those that changed in the run. */
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

/**
 * Runs the guest to its end, and leaves the machine at its beginning again. Throws a `UsageError` if the guest does not end
 * within `limit` instructions.
 */
export function runBaseline(machine: SweepMachine, limit: number, outputFollows: boolean): Baseline {
  const { vm } = machine;
  const start = machine.mark();
  const { stop, time, instructions, serialText } = vm.run({ maxInstructions: limit });
  if (stop.kind === 'budget')
    throw new UsageError(
      `the guest did not end within ${limit} instructions, so there is nothing to compare with: raise the limit`,
    );
  const pages = new Map<number, Uint8Array>();
  for (const page of vm.pagesChangedSince(start.point)) pages.set(page, vm.memory.read(page, PAGE_BYTES));
  const { events, requests, vmcb, entries } = machine.recorder;
  const record = { events, requests, vmcb, entries };
  machine.returnTo(start);
  return { start, stop, time, instructions, output: serialText, outputFollows, record, pages };
}

/** The baseline's memory at its end, in these ranges. */
export function memoryAtEnd(
  { start: { point }, pages }: Baseline,
  ranges: readonly AddressRange[],
): Uint8Array[] {
  return ranges.map(({ start, end }) => {
    const bytes = point.read(start, end - start);
    for (let i = 0; i < bytes.length; i++) {
      const offset = (start + i) % PAGE_BYTES;
      const page = pages.get(start + i - offset);
      if (page) bytes[i] = page[offset] ?? 0;
    }
    return bytes;
  });
}

/** Two ends in the same words are the same. */
export function isSameEnd(a: StopReason, b: StopReason): boolean {
  return describeStop(a) === describeStop(b);
}

/** Whether the guest printed the same, but for numbers if these follow what the handler counts. */
export function isSameOutput({ output, outputFollows }: Baseline, found: string): boolean {
  if (output === found) return true;
  return outputFollows && maskNumbers(output) === maskNumbers(found);
}

function maskNumbers(text: string): string {
  return text.replaceAll(/\b\d+\b/g, '#');
}
