/** What a machine tells while it runs, collected until a slice ends: a message for each byte or event would cost more. */
import type { TraceEvent } from '../hypervisor/trace.js';
import type { Message } from './protocol.js';

/** A page takes two milliseconds to receive so many events: it is not to be blocked for longer. */
const MOST_EVENTS = 1000;
const CHUNK_BYTES = 0x1_0000;

export class Outbox {
  private chunk = new Uint8Array(CHUNK_BYTES);
  private length = 0;
  private events: TraceEvent[] = [];

  constructor(private readonly post: (message: Message, transfer?: ArrayBuffer[]) => void) {}

  byte(value: number): void {
    if (this.length === CHUNK_BYTES) this.flushOutput();
    this.chunk[this.length++] = value;
  }

  event(event: TraceEvent): void {
    this.events.push(event);
    if (this.events.length === MOST_EVENTS) this.flushEvents();
  }

  flush(): void {
    if (this.length > 0) this.flushOutput();
    if (this.events.length > 0) this.flushEvents();
  }

  private flushOutput(): void {
    const bytes = this.chunk.slice(0, this.length);
    this.length = 0;
    this.post({ kind: 'output', bytes }, [bytes.buffer]);
  }

  private flushEvents(): void {
    const { events } = this;
    this.events = [];
    this.post({ kind: 'trace', events });
  }
}
