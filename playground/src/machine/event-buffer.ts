/** Trace events between two looks at the machine, without its output: the last of them, because a run can have millions. */
import type { TraceEvent } from 'vmexit';

const MOST = 2_000;

export class EventBuffer {
  private events: TraceEvent[] = [];

  add(event: TraceEvent): void {
    if (event.kind === 'serial') return;
    this.events.push(event);
    if (this.events.length >= 2 * MOST) this.events = this.events.slice(-MOST);
  }

  /** The events since the last call. */
  take(): readonly TraceEvent[] {
    const taken = this.events.slice(-MOST);
    this.events = [];
    return taken;
  }

  clear(): void {
    this.events = [];
  }
}
