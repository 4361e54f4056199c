/** Lets the event loop go on while a debugger works, and hears whether it is to stop. */

/** Long enough to get somewhere, short enough for a page to stay alive. */
const SLICE_MS = 25;

export class Pacer {
  private next = performance.now() + SLICE_MS;

  constructor(private readonly signal: AbortSignal | undefined) {}

  /** Whether the caller's signal has come. Waits for the event loop if it is time. */
  async isCancelled(): Promise<boolean> {
    if (performance.now() >= this.next) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.next = performance.now() + SLICE_MS;
    }
    return this.signal?.aborted ?? false;
  }
}
