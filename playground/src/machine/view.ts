/** A machine as the page shows it: plain data, made in the worker at each stop, and drawn by the panels. */
import type { ExitCount, NmiState, TraceEvent, VmcbFieldName } from 'vmexit';
import type { Diagnostic } from 'vmexit/asm';

/** What the machine does. 'absent': there is none, because its source has errors or is not assembled yet. */
export type MachineState = 'absent' | 'paused' | 'running' | 'ended';

export interface CodeRow {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** The label at this address, if there is one. */
  readonly label: string | null;
  /** The line of the guest's own source that begins here, counted from 1. */
  readonly line: number | null;
}

export interface StackRow {
  readonly address: bigint;
  readonly value: bigint;
  /** The nearest label at or before the value, if the value is an address in the guest's image. */
  readonly symbol: string | null;
}

export interface Segment {
  readonly selector: number;
  readonly base: bigint;
  readonly limit: number;
  readonly attributes: number;
}

export interface NmiTally {
  readonly requested: number;
  readonly delivered: number;
  readonly merged: number;
  readonly lost: number;
  readonly pending: number;
  /** Instructions from request to handler; null before the first. */
  readonly medianLatency: number | null;
  readonly maxNesting: number;
}

/** The tail of what the guest printed. */
export interface SerialView {
  readonly text: string;
  /** Bytes before `text`. */
  readonly skipped: number;
  /** The guest has printed more than is kept. */
  readonly isCut: boolean;
}

export interface StopView {
  /** A `StopReason`'s kind, or what the page itself stopped for. */
  readonly kind: string;
  readonly text: string;
}

export interface MachineView {
  readonly state: 'paused' | 'ended';
  readonly stop: StopView;
  readonly time: number;
  readonly instructions: number;
  /** Code size: how wide addresses are, and how much a push pushes. */
  readonly bits: 16 | 32 | 64;
  readonly registers: Readonly<Record<string, bigint>>;
  readonly segments: Readonly<Record<string, Segment>>;
  /** Linear address of the next instruction. */
  readonly codeAddress: bigint;
  /** The line of the source that comes next, counted from 1; null: none of it. */
  readonly line: number | null;
  /** Where the next instruction is from, when that is an included file: `console.inc:42`. */
  readonly place: string | null;
  readonly code: readonly CodeRow[];
  readonly stack: readonly StackRow[];
  /** As VMRUN last read it or the last #VMEXIT left it. */
  readonly vmcb: Readonly<Partial<Record<VmcbFieldName, bigint>>>;
  /** The guest is entered: the processor's copy is ahead of the VMCB. */
  readonly isEntered: boolean;
  readonly nmi: NmiState;
  readonly tally: NmiTally;
  readonly exits: readonly ExitCount[];
  readonly serial: SerialView;
  /** The last things that happened up to now. */
  readonly events: readonly TraceEvent[];
  /** Those of them that happened since the view before this one. */
  readonly news: readonly TraceEvent[];
}

/** How a run gets on, a few times a second. */
export interface ProgressView {
  readonly time: number;
  readonly instructions: number;
  readonly exits: number;
  readonly nmis: number;
  readonly serial: SerialView;
}

/** What the assembler made of a source. */
export interface CheckView {
  readonly diagnostics: readonly Diagnostic[];
  /** Bytes of the image; null if there are errors. */
  readonly bytes: number | null;
  /** Lines of the source that have code, counted from 1, in order. */
  readonly codeLines: readonly number[];
  /** Why it cannot be loaded, where that is not a diagnostic. */
  readonly problem: string | null;
}

export interface MemoryView {
  /** One value for each byte from the address asked for; -1 where there is no memory. */
  readonly bytes: Int16Array;
}

export type AddressSpace = 'virtual' | 'physical';
