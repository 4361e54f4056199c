/** Lets the event loop go on while a debugger works, and hears whether it is to stop. */

/** Long enough to get somewhere, short enough for a page to stay alive. */
const SLICE_MS = 25;

/** What the debugger does around a pause, in which anybody may look at the machine, and change it. */
export interface PauseHooks {
  readonly onPause?: (() => void) | undefined;
  readonly onResume?: (() => void) | undefined;
}

export class Pacer {
  private next = performance.now() + SLICE_MS;

  constructor(
    private readonly signal: AbortSignal | undefined,
    private readonly hooks: PauseHooks = {},
  ) {}

  /** Whether the caller's signal has come. Waits for the event loop if it is time. */
  async isCancelled(): Promise<boolean> {
    if (performance.now() >= this.next) {
      this.hooks.onPause?.();
      await nextTask();
      this.hooks.onResume?.();
      this.next = performance.now() + SLICE_MS;
    }
    return this.signal?.aborted ?? false;
  }
}

/** Resolves in another task. A message is there at once; browsers make a timer wait 4 ms. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
