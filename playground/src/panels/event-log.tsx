/** The last things that happened, newest first. */
import type { TraceEvent } from 'vmexit';
import { recentEvents } from '../machine/machine.js';
import { grouped, hex, hexh } from './number-format.js';

export function EventLog() {
  const events = recentEvents.value;
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

function describeEvent(event: TraceEvent): string {
  switch (event.kind) {
    case 'exit':
      return `#VMEXIT ${event.exit} ${withNmi(event.detail)}`;
    case 'inject':
      return `VMRUN with ${withNmi(event.event)}`;
    case 'nmi-request':
      return `NMI ${event.request} requested`;
    case 'nmi-merge':
      return `NMI ${event.request} merged: ${event.reason}`;
    case 'nmi-lost':
      return `NMI ${event.request} lost: ${event.reason}`;
    case 'nmi-deliver':
      return `NMI ${event.request}: handler entered (${event.how})`;
    case 'nmi-return':
      return 'NMI handler returned';
    case 'nmi-mask':
      return event.isMasked ? 'NMIs masked' : 'NMIs unmasked';
    case 'shadow':
      return event.isInShadow ? 'interrupt shadow begins' : 'interrupt shadow ends';
    case 'serial':
      return `prints ${hexh(event.byte)}`;
    case 'mark':
      return `mark ${event.value}`;
  }
}

/** Event types are named as the library's enum has them. */
function withNmi(text: string): string {
  return text.replace('Nmi', 'NMI, vector');
}
