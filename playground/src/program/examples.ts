/** The shipped guests as examples: their sources, and the contracts that say which NMIs suit them. */
import type { ScheduleSpec, ShippedGuest } from 'vmexit';
import { byFileName } from './includes.js';

const SOURCES = byFileName(
  import.meta.glob<string>('../../../guests/*.asm', { query: '?raw', import: 'default', eager: true }),
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

/** Those with assembly source, in the order of their names. */
export const EXAMPLES: readonly Example[] = CONTRACTS.flatMap((contract) => {
  const source = SOURCES[`${contract.name}.asm`];
  if (source === undefined) return [];
  return [{ name: contract.name, summary: contract.summary, source, schedule: scheduleFor(contract) }];
});

export function findExample(name: string): Example | undefined {
  return EXAMPLES.find((example) => example.name === name);
}

function scheduleFor({ nmiEvery, nmiFrom }: ShippedGuest): ScheduleSpec {
  if (nmiEvery === null) return { kind: 'none' };
  return { kind: 'every', period: nmiEvery, from: nmiFrom ?? 0 };
}
