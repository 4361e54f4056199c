/** What a guest prints, as a stream. Bounded while nobody reads, because a guest may print for ever. */

/** As much as a machine itself keeps for `RunResult.serial`. */
const MOST_UNREAD_BYTES = 0x10_0000;

export class OutputStream {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Null once nobody will read any more. */
  private controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | null = null;

  constructor() {
    this.stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => {
          this.controller = controller;
        },
        cancel: () => {
          this.controller = null;
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MOST_UNREAD_BYTES }),
    );
  }

  /** Dropped if nobody reads, and too much waits already. */
  push(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.controller === null) return;
    const isFull = (this.controller.desiredSize ?? 0) < bytes.length;
    if (this.stream.locked || !isFull) this.controller.enqueue(bytes);
  }

  close(): void {
    this.controller?.close();
    this.controller = null;
  }
}
