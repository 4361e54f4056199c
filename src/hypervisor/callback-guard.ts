/**
 * The owner's callbacks, kept out of the machine's way: what one throws is held until the step that called it is over.
 *
 * An exception in the middle of a step would leave half of an exit handled, and a request or a delivery unaccounted.
 */
import { UsageError } from '../errors.js';

export class CallbackGuard {
  private isActive = false;
  private thrown: { readonly error: unknown } | null = null;

  /** The callback, which now never throws. */
  wrap<T>(callback: ((argument: T) => void) | undefined): ((argument: T) => void) | undefined {
    if (!callback) return undefined;
    return (argument) => {
      try {
        callback(argument);
      } catch (error) {
        this.thrown ??= { error };
      }
    };
  }

  /** Does one step; throws what a callback threw first in its course, now that the machine can go on. */
  shield<T>(step: () => T): T {
    if (this.isActive)
      throw new UsageError('a callback of this virtual machine must not run, save or restore it');
    this.isActive = true;
    try {
      const result = step();
      this.rethrow();
      return result;
    } finally {
      this.isActive = false;
    }
  }

  private rethrow(): void {
    if (this.thrown === null) return;
    const { error } = this.thrown;
    this.thrown = null;
    throw error;
  }
}
