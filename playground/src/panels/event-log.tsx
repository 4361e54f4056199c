/** The last things that happened, newest first. */
import { describeEvent } from 'vmexit/lab';
import { view } from '../machine/machine.js';
import { grouped, hex } from './number-format.js';

export function EventLog() {
  const events = view.value?.events.toReversed() ?? [];
  if (events.length === 0) return <p class="note">Nothing has happened yet: no exit, no NMI.</p>;
  return (
    <ol class="event-log mono" aria-label="What happened last, newest first">
      {events.map((event, index) => (
        <li key={index} class={event.kind}>
          <span class="event-time">{grouped(event.time)}</span>
          <span class="event-text">{describeEvent(event)}</span>
          <span class="dim">{hex(event.rip, 6)}</span>
        </li>
      ))}
    </ol>
  );
}
