/**
 * What goes between a page and the worker that runs its machine. Commands are answered in the order in which they come;
 * what the machine tells by itself (output, trace events, progress) comes before the answer of the run that it is part of.
 */
import type { BinaryName, BinarySource } from '../core/compiled-asset.js';
import type { CreateVmOptions } from '../create-vm.js';
import type { CodeBits } from '../hypervisor/code-size.js';
import type { NmiState } from '../hypervisor/nmi-state.js';
import type { StrategyName } from '../hypervisor/nmi/strategies.js';
import type { RunResult } from '../hypervisor/run-result.js';
import type { ScheduleSpec } from '../hypervisor/schedule-spec.js';
import type { TraceEvent } from '../hypervisor/trace.js';
import type { NmiRequestOptions } from '../hypervisor/vm-options.js';
import type { VirtualRead } from '../hypervisor/virtual-memory.js';
import type { VmSnapshot } from '../hypervisor/vm-snapshot.js';
import type { SentError } from './sent-error.js';

/** A schedule that can be sent: instruction counts, or a description. */
export type SentSchedule = readonly number[] | ScheduleSpec;

/** What a machine is made with, as data. */
export interface SentOptions extends Omit<CreateVmOptions, 'nmi' | 'nmiSchedule' | 'onTrace' | 'onSerial'> {
  readonly nmi?: StrategyName | undefined;
  readonly nmiSchedule?: SentSchedule | undefined;
}

/** Compiled once, in the page, for all its workers. */
export type SentBinaries = Readonly<Record<BinaryName, BinarySource>>;

/** What a worker needs besides the machine's own options. */
export interface HostSetup {
  readonly binaries: SentBinaries;
  /** Somebody listens to the trace. */
  readonly isTraced: boolean;
}

/** What a run is asked for with. */
export interface SentRunOptions {
  readonly maxInstructions: number | bigint | undefined;
  /** Somebody wants to be told of every slice. */
  readonly wantsSlices: boolean;
  /** The signal came before the run. */
  readonly isCancelled: boolean;
}

/** Everything that a page can ask of the machine. */
export interface Commands {
  create(setup: HostSetup, options: SentOptions): Promise<void>;
  createFrom(
    setup: HostSetup,
    snapshot: VmSnapshot,
    options: Pick<SentOptions, 'jit' | 'nmiSchedule'>,
  ): Promise<void>;
  run(options: SentRunOptions): Promise<RunResult>;
  cancel(): void;
  time(): number;
  requestNmi(options: NmiRequestOptions): void;
  readMemory(gpa: number, bytes: number): Uint8Array;
  writeMemory(gpa: number, bytes: Uint8Array): void;
  readVirtual(gva: bigint, bytes: number): VirtualRead;
  codeAt(rip: bigint): { readonly bytes: Uint8Array; readonly bits: CodeBits };
  readRegisters(names: readonly string[] | undefined): Record<string, bigint>;
  writeRegister(name: string, value: bigint | number): void;
  nmiState(): NmiState;
  snapshot(): VmSnapshot;
  restore(snapshot: VmSnapshot): void;
}

export type CommandName = keyof Commands;

/** From the page. */
export interface Question<Name extends CommandName = CommandName> {
  readonly id: number;
  readonly command: Name;
  readonly args: Parameters<Commands[Name]>;
}

/** From the worker. */
export type Message =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: SentError }
  | { readonly kind: 'slice'; readonly time: number }
  | { readonly kind: 'output'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'trace'; readonly events: readonly TraceEvent[] };

/** The buffers in a value that was made to be sent: they are moved, not copied. */
export function buffersOf(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  collect(value, found);
  return [...found];
}

function collect(value: unknown, found: Set<ArrayBuffer>): void {
  if (typeof value !== 'object' || value === null) return;
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else for (const part of Object.values(value)) collect(part, found);
}
