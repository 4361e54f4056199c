/** What a subject reported, read back from the kernel's lines (RECORD and report.asm). */
import { REGISTERS } from './scenario.js';

/** A field's name and value. Memory that changed has its address, in hex, as a name. */
export type Outcome = ReadonlyMap<string, number>;

/** The doublewords of RECORD, in order. */
const REGISTER_NAMES = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const FIELDS: readonly string[] = [
  ...['vector', 'cs', 'ss', 'ds', 'es', 'fs', 'gs', 'tr', 'ldtr', 'flags', 'cr0', 'cr2', 'cr2 high'],
  ...['cr3', 'cr4', 'dr6', 'dr7'],
  ...Array.from({ length: 2 * REGISTERS }, (_, i) => registerName(i)),
];
const SELECTORS = new Set(['cs', 'ss', 'ds', 'es', 'fs', 'gs', 'tr', 'ldtr']);

function registerName(half: number): string {
  const number = half >> 1;
  const name = REGISTER_NAMES[number] ?? `r${number}`;
  return half % 2 === 0 ? `e${name}` : `${name} high`;
}

/** Scenarios by their number. One that is not there did not end, or nothing after it did. */
export function readOutcomes(text: string): Map<number, Outcome> {
  const outcomes = new Map<number, Outcome>();
  for (const line of text.split('\n')) {
    const [kind, index = '', ...words] = line.trim().split(' ');
    if (kind === 'R') outcomes.set(parseInt(index, 16), readOutcome(words));
    else if (kind === 'S') outcomes.set(parseInt(index, 16), new Map([['shutdown', 1]]));
  }
  return outcomes;
}

function readOutcome(words: readonly string[]): Outcome {
  const outcome = new Map<string, number>();
  const fields = words.indexOf('M');
  FIELDS.forEach((name, i) => {
    const value = parseInt(words[i] ?? '', 16);
    outcome.set(name, SELECTORS.has(name) ? value & 0xffff : name === 'vector' ? value & 0xff : value);
  });
  for (let i = fields + 1; i + 1 < words.length; i += 2)
    outcome.set(words[i] ?? '', parseInt(words[i + 1] ?? '', 16));
  return outcome;
}
