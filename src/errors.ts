/**
 * Everything this library throws.
 *
 * A guest fault is never one of these: guests fault all the time, and that is an exit. A throw means the caller
 * misused the API, or that vmexit itself is wrong.
 */
export abstract class VmexitError extends Error {
  /** Stable identifier for programs; the message is for people. */
  abstract readonly code: string;

  override get name(): string {
    return this.constructor.name;
  }
}

/** An argument, option or file that the caller gave is not usable. The message says what was expected and what came. */
export class UsageError extends VmexitError {
  readonly code: string = 'USAGE';
}

/** For callers without a type checker, whose `run(1000)` would run without end. */
export function requireOptions(call: string, options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw new UsageError(`${call} takes an object with options, not ${String(options)}`);
}

/** A range of physical or guest-physical memory that does not fit. */
export class MemoryRangeError extends VmexitError {
  readonly code = 'MEMORY_RANGE';

  constructor(
    readonly address: number,
    readonly bytes: number,
    readonly memoryBytes: number,
  ) {
    super(
      `${bytes} bytes at ${address.toString(16)}h do not fit in the ${memoryBytes.toString(16)}h bytes of memory`,
    );
  }
}

/** What vmexit needs of the machine that it runs on is not there, or gone: a server, a thread that died and died again. */
export class HostError extends VmexitError {
  readonly code = 'HOST';
}

/** An internal invariant broke. Always a bug in vmexit, never in the guest or the caller. */
export class InvariantError extends VmexitError {
  readonly code = 'INVARIANT';
}
