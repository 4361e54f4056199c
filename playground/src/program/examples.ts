/** The shipped guests as examples: their sources, and the contracts that say which NMIs suit them. */
import type { ScheduleSpec, ShippedGuest } from 'vmexit';
import { byFileName } from './file-names.js';

const SOURCES = byFileName(
  import.meta.glob<string>('../../../guests/*.asm', { query: '?raw', import: 'default', eager: true }),
);
const C_SOURCES = byFileName(
  import.meta.glob<string>('../../../guests/c/*.c', { query: '?raw', import: 'default', eager: true }),
);

export interface Example {
  readonly name: string;
  /** One line: what the guest does. */
  readonly summary: string;
  readonly source: string;
  readonly schedule: ScheduleSpec;
}

const CONTRACTS = Object.values(
  import.meta.glob<{ readonly guests: readonly ShippedGuest[] }>('../../../guests/fixtures/index.json', {
    import: 'default',
    eager: true,
  }),
).flatMap(({ guests }) => guests);

/** In the order of their names. */
export const EXAMPLES: readonly Example[] = CONTRACTS.map((contract) => ({
  name: contract.name,
  summary: contract.summary,
  source: SOURCES[`${contract.name}.asm`] ?? compiled(contract),
  schedule: scheduleFor(contract),
}));

export function findExample(name: string): Example | undefined {
  return EXAMPLES.find((example) => example.name === name);
}

/** The page has no compiler: a source that takes in what one made, and shows from what. */
function compiled({ name, summary, file, source }: ShippedGuest): string {
  const path = source.slice(source.lastIndexOf('/') + 1);
  const lines = (C_SOURCES[path] ?? '').trimEnd().split('\n');
  return [
    `; ${name}: ${summary}`,
    ';',
    '; A compiled program: the bytes are an ELF file, made by gcc -O2 and ld, and loaded as one.',
    '',
    `        incbin "${file}"`,
    '',
    `; ${source}:`,
    ';',
    ...lines.map((line) => (line === '' ? ';' : `; ${line}`)),
    '',
  ].join('\n');
}

function scheduleFor({ nmiEvery, nmiFrom }: ShippedGuest): ScheduleSpec {
  if (nmiEvery === null) return { kind: 'none' };
  return { kind: 'every', period: nmiEvery, from: nmiFrom ?? 0 };
}
