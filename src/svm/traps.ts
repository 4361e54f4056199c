/**
 * Where a run stops because somebody who debugs the guest wants it to. The guest's own debug registers are not used, and
 * nothing changes what it computes or when.
 */
import { TrapCapacity, TrapKind, WatchedAccess } from '../../assembly/abi/trap.js';
import type { Core } from '../core/core.js';
import { UsageError } from '../errors.js';

/** Bytes of memory that are watched for accesses of the guest's instructions. */
export interface Watchpoint {
  /** Linear address of the first byte. */
  readonly address: bigint;
  /** 1 to 4,294,967,295. */
  readonly bytes: number;
  readonly access: 'read' | 'write' | 'access';
}

export interface ProcessorTraps {
  /**
   * Linear addresses of instructions (CS base and RIP), at most 1,024: the run stops before each. While there are any, code
   * is taken one instruction at a time.
   */
  readonly breakpoints?: readonly bigint[] | undefined;
  /** At most 64: the run stops after the instruction that touches one. Code and all data accesses then go the slow way. */
  readonly watchpoints?: readonly Watchpoint[] | undefined;
  /** Stop where an exception's or interrupt's handler is about to run its first instruction. */
  readonly deliveries?: boolean | undefined;
}

/** What stopped a run. */
export type ProcessorTrap =
  /** The instruction at this linear address is next. */
  | { readonly kind: 'breakpoint'; readonly address: bigint }
  /** The last instruction, or the delivery of an event, touched it. `address` is where the access began. */
  | {
      readonly kind: 'watchpoint';
      readonly watchpoint: Watchpoint;
      readonly address: bigint;
      readonly isWrite: boolean;
    }
  /** A handler's first instruction is next. */
  | { readonly kind: 'delivery' };

const ACCESSES: Readonly<Record<Watchpoint['access'], number>> = {
  read: WatchedAccess.Read,
  write: WatchedAccess.Write,
  access: WatchedAccess.Read | WatchedAccess.Write,
};
const MOST_BYTES = 0xffff_ffff;

/** Throws a `UsageError` if these are no traps, or too many. */
export function checkTraps({ breakpoints = [], watchpoints = [] }: ProcessorTraps): void {
  if (breakpoints.length > TrapCapacity.Breakpoints)
    throw new UsageError(
      `there is room for ${TrapCapacity.Breakpoints} breakpoints, not ${breakpoints.length}`,
    );
  if (watchpoints.length > TrapCapacity.Watchpoints)
    throw new UsageError(
      `there is room for ${TrapCapacity.Watchpoints} watchpoints, not ${watchpoints.length}`,
    );
  for (const { bytes, access } of watchpoints) {
    if (!Number.isInteger(bytes) || bytes < 1 || bytes > MOST_BYTES)
      throw new UsageError(`a watchpoint has 1 to ${MOST_BYTES} bytes, not ${bytes}`);
    if (!Object.hasOwn(ACCESSES, access))
      throw new UsageError(`a watchpoint watches read, write or access, not ${String(access)}`);
  }
}

/** Sets traps that have been checked, in place of any others. */
export function armTraps(
  core: Core,
  { breakpoints = [], watchpoints = [], deliveries }: ProcessorTraps,
): void {
  const { exports } = core;
  exports.clearTraps();
  for (const linear of breakpoints) exports.addBreakpoint(linear);
  for (const { address, bytes, access } of watchpoints)
    exports.addWatchpoint(address, bytes, ACCESSES[access]);
  if (deliveries) exports.trapDeliveries();
  exports.updateMode();
}

export function disarmTraps({ exports }: Core): void {
  exports.clearTraps();
  exports.updateMode();
}

/** Which of the traps has stopped the core. */
export function hitTrap({ exports }: Core, { watchpoints = [] }: ProcessorTraps): ProcessorTrap {
  const address = BigInt.asUintN(64, exports.trapAddress());
  const watchpoint = watchpoints[exports.trapIndex()];
  if (exports.trapKind() === TrapKind.Watchpoint && watchpoint)
    return { kind: 'watchpoint', watchpoint, address, isWrite: exports.trapIsWrite() !== 0 };
  return exports.trapKind() === TrapKind.Breakpoint ? { kind: 'breakpoint', address } : { kind: 'delivery' };
}
