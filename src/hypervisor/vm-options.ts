/** What a virtual machine is made with, and asked. */
import type { LoadedGuest } from '../loader/image.js';
import type { Processor } from '../svm/processor.js';
import type { MemoryLayout } from './memory-layout.js';
import type { CustomStrategy } from './nmi/strategies.js';
import type { Moment } from './moment.js';
import type { NmiSchedule } from './nmi-schedule.js';
import type { TraceListener } from './trace.js';
import type { Traps } from './traps.js';

export interface VmOptions {
  readonly processor: Processor;
  readonly layout: MemoryLayout;
  /** Null: the machine is to go on from a snapshot. */
  readonly guest: LoadedGuest | null;
  /** Name of the processor's model. */
  readonly cpu: string;
  readonly nmi: CustomStrategy;
  readonly nmiSchedule: NmiSchedule;
  /** Told of everything that happens. Costs time; leave it out for long runs. */
  readonly onTrace?: TraceListener | undefined;
  /** Told of each byte the guest prints. */
  readonly onSerial?: ((byte: number) => void) | undefined;
  /** Names an instruction that the processor does not implement. */
  readonly disassemble: (bytes: Uint8Array, bits: 16 | 32 | 64, rip: bigint) => string;
}

export interface RunOptions {
  /** Most instructions to run, time in HLT included. Unlimited unless given. */
  readonly maxInstructions?: number | bigint | undefined;
  /** Where else it is to stop. */
  readonly traps?: Traps | undefined;
  /** Tells no callback of the machine anything: for going through again what they know. */
  readonly isSilent?: boolean | undefined;
  /** Looked at between slices. */
  readonly signal?: AbortSignal | undefined;
  /** Called between slices with the virtual machine's time. */
  readonly onSlice?: ((time: number) => void) | undefined;
}

export interface SettleOptions {
  /** As in `RunOptions`. */
  readonly isSilent?: boolean | undefined;
  /** Go no further than this moment. */
  readonly upTo?: Moment | undefined;
}

export interface NmiRequestOptions {
  /** The virtual machine's time at which the NMI is requested. Now, unless given; the past is now. */
  readonly atInstruction?: number | bigint | undefined;
}
