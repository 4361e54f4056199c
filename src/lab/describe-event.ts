/** What happened in a run, in words: a line for each event of a trace, wherever people read them. */
import type { TraceEvent } from '../hypervisor/trace.js';

/** Without time and place, which lists show beside it. */
export function describeEvent(event: TraceEvent): string {
  switch (event.kind) {
    case 'exit':
      return `#VMEXIT ${event.exit} (${event.cause})${event.detail === '' ? '' : ` ${withNmi(event.detail)}`}`;
    case 'inject':
      return `VMRUN with ${withNmi(event.event)}`;
    case 'nmi-request':
      return `NMI ${event.request} requested`;
    case 'nmi-merge':
      return `NMI ${event.request} merged: ${event.reason}`;
    case 'nmi-lost':
      return `NMI ${event.request} lost: ${event.reason}`;
    case 'nmi-deliver':
      return `NMI ${event.request}: handler entered (${event.how})${depth(event.running, 1)}`;
    case 'nmi-return':
      return `NMI handler returned${depth(event.running, 0)}`;
    case 'nmi-mask':
      return event.isMasked ? 'NMIs masked' : 'NMIs unmasked';
    case 'shadow':
      return event.isInShadow ? 'interrupt shadow begins' : 'interrupt shadow ends';
    case 'serial':
      return `prints ${event.byte.toString(16).padStart(2, '0')}h`;
    case 'mark':
      return `mark ${event.value}`;
  }
}

/** How many handlers run, where that is not what one expects. */
function depth(running: number, expected: number): string {
  return running === expected ? '' : `, ${running} running`;
}

/** Event types are named as the manual's enum is spelled in the library. */
function withNmi(text: string): string {
  return text.replace(/\bNmi\b/, 'NMI, vector');
}
