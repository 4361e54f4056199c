/** A virtual machine as data: everything that its future depends on. It can be cloned, kept, and sent to a worker. */
import type { SavedDevice } from '../devices/port-device.js';
import { UsageError } from '../errors.js';
import type { ProcessorSnapshot } from '../svm/processor-snapshot.js';
import type { SavedAgenda } from './agenda.js';
import type { SavedKick } from './kick.js';
import type { MemoryLayout } from './memory-layout.js';
import type { SavedDelivery } from './nmi/delivery.js';
import type { SavedAccounting } from './nmi-accounting.js';
import type { NmiSchedule } from './nmi-schedule.js';
import type { StopReason } from './run-result.js';
import { DescribedSchedule, type ScheduleSpec } from './schedule-spec.js';
import type { SavedVcpu } from './vcpu.js';

/** Which machine a snapshot is of: only one that agrees can go on from it. */
export interface MachineIdentity {
  /** Bytes of guest memory. */
  readonly ramBytes: number;
  /** Name of the delivery strategy. */
  readonly nmi: string;
  /** The processor model. */
  readonly cpu: string;
}

export interface VmSnapshot {
  readonly machine: MachineIdentity;
  /** Null: only who made the schedule can give it again. */
  readonly schedule: ScheduleSpec | null;
  readonly processor: ProcessorSnapshot;
  readonly vcpu: SavedVcpu;
  /** By first port. */
  readonly devices: Readonly<Record<number, SavedDevice>>;
  readonly delivery: SavedDelivery;
  readonly agenda: SavedAgenda;
  readonly accounting: SavedAccounting;
  readonly kick: SavedKick;
  /** What the guest has printed. */
  readonly serial: Uint8Array;
  /** Physical address of the next page for nested page tables. */
  readonly nextTablePage: number;
  /** Why the guest is over, once it is. */
  readonly ended: StopReason | null;
}

/** What a snapshot can say about a schedule: lists and described ones are data, others may be anything. */
export function specOf(schedule: NmiSchedule): ScheduleSpec | null {
  if (schedule instanceof DescribedSchedule) return schedule.spec;
  return Array.isArray(schedule) ? { kind: 'at', counts: schedule.slice() as number[] } : null;
}

/** Throws unless that is a snapshot at all. */
export function requireSnapshot(snapshot: VmSnapshot): void {
  if (typeof snapshot?.machine !== 'object')
    throw new UsageError('a snapshot is expected, as vm.snapshot() and readSnapshot() give it');
}

/** Throws unless a machine may go on from the snapshot. */
export function requireFit(snapshot: VmSnapshot, machine: MachineIdentity, layout: MemoryLayout): void {
  requireSnapshot(snapshot);
  for (const name of ['ramBytes', 'nmi', 'cpu'] as const) {
    const [found, expected] = [snapshot.machine[name], machine[name]];
    if (found !== expected)
      throw new UsageError(`the snapshot is of a machine with ${name} ${found}, this one has ${expected}`);
  }
  const { processor, agenda, accounting, nextTablePage } = snapshot;
  const isEntered = processor.enteredVmcb !== null;
  // What has been read of a schedule has become a request, but for the next one.
  const isRead = agenda.read <= accounting.ledger.requests.length + 1;
  const isInside = nextTablePage >= layout.nestedTables && nextTablePage <= layout.totalBytes;
  if (!isRead || !isInside || (isEntered && processor.enteredVmcb !== layout.vmcb))
    throw new UsageError('the snapshot contradicts itself');
}
