/**
 * The owner's callbacks, kept out of the machine's way: what one throws is held until the step that called it is over.
 *
 * An exception in the middle of a step would leave half of an exit handled, and a request or a delivery unaccounted.
 */
import { UsageError } from '../errors.js';

export class CallbackGuard {
  private isActive = false;
  /** Nobody is told of anything: what happens has been told before. */
  isSilent = false;
  private thrown: { readonly error: unknown } | null = null;

  /** The callback, which now never throws. */
  wrap<T>(callback: ((argument: T) => void) | undefined): ((argument: T) => void) | undefined {
    if (!callback) return undefined;
    return (argument) => {
      if (this.isSilent) return;
      try {
        callback(argument);
      } catch (error) {
        this.thrown ??= { error };
      }
    };
  }

  /** Does a row of steps, after each of which it calls `rethrow`. */
  shield<T>(steps: () => T): T {
    if (this.isActive)
      throw new UsageError('a callback of this virtual machine must not run, save or restore it');
    this.isActive = true;
    try {
      return steps();
    } finally {
      this.isActive = false;
    }
  }

  /** Throws what a callback threw first in the course of a step, now that the machine can go on. */
  rethrow(): void {
    if (this.thrown === null) return;
    const { error } = this.thrown;
    this.thrown = null;
    throw error;
  }
}
