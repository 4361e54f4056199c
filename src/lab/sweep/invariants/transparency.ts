/** The interrupted program goes on, or at least ends, as without the NMI. */
import { bytesIn } from '../address-ranges.js';
import type { EndDifference } from '../observation.js';
import { describeStop } from '../../../hypervisor/run-result.js';
import type { Invariant } from './invariant.js';

export const transparency: Invariant = ({ difference }) =>
  difference === null ? null : { message: `the NMI was seen by the program: ${describe(difference)}` };

function describe({ stop, output, memory, state, isAssumed }: EndDifference): string {
  const parts: string[] = [];
  if (stop) parts.push(`${describeStop(stop.found)}, not: ${describeStop(stop.expected)}`);
  if (output) parts.push(`it printed ${quote(output.found)}, not ${quote(output.expected)}`);
  if (memory.length > 0) parts.push(`${bytesIn(memory)} bytes of memory differ at the end`);
  if (parts.length === 0 && state.registers.length > 0)
    parts.push(`after the handler ${state.registers.map(({ name }) => name).join(', ')} differ`);
  return `${parts.join('; ')}${isAssumed ? ' (as at an earlier boundary)' : ''}`;
}

const MOST_CHARACTERS = 60;

function quote(text: string): string {
  return JSON.stringify(text.length > MOST_CHARACTERS ? `…${text.slice(-MOST_CHARACTERS)}` : text);
}
