/** NMI schedules as people write them: "every 2000 from 1000", "random 100 seed 7", "500, 900". */
import type { ScheduleSpec } from 'vmexit';

const FORM = /^(every|random)\s+(\d+)((?:\s+(?:from|seed|count)\s+\d+)*)$/;

export class ScheduleSyntaxError extends Error {}

/** Reads a schedule. Throws a `ScheduleSyntaxError` that says what is expected. */
export function parseScheduleText(text: string): ScheduleSpec {
  const plain = text
    .trim()
    .toLowerCase()
    .replaceAll(/(\d)[,_](?=\d{3}\b)/g, '$1');
  if (plain === '' || plain === 'none') return { kind: 'none' };
  if (/^\d+(?:[\s,;]+\d+)*$/.test(plain))
    return {
      kind: 'at',
      counts: plain
        .split(/[\s,;]+/)
        .map(whole)
        .sort((a, b) => a - b),
    };
  const match = FORM.exec(plain);
  if (match === null)
    throw new ScheduleSyntaxError(
      'Write “every 2000 from 1000”, “random 100 seed 7”, or instruction counts: “500, 900”.',
    );
  const [, kind, number = '', rest = ''] = match;
  const words = new Map(
    Array.from(rest.matchAll(/(from|seed|count)\s+(\d+)/g), ([, word = '', value = '']) => [
      word,
      whole(value),
    ]),
  );
  const [from, count, seed] = [words.get('from'), words.get('count'), words.get('seed')];
  const limits = { ...(from === undefined ? {} : { from }), ...(count === undefined ? {} : { count }) };
  const distance = whole(number);
  if (distance < 1) throw new ScheduleSyntaxError('NMIs are at least one instruction apart.');
  if (kind === 'random') return { kind, mean: distance, seed: seed ?? 1, ...limits };
  if (seed !== undefined) throw new ScheduleSyntaxError('A seed is for “random”.');
  return { kind: 'every', period: distance, ...limits };
}

export function formatSchedule(spec: ScheduleSpec): string {
  switch (spec.kind) {
    case 'none':
      return '';
    case 'at':
      return spec.counts.join(', ');
    case 'every':
      return `every ${spec.period}${tail(spec)}`;
    case 'random':
      return `random ${spec.mean} seed ${spec.seed}${tail(spec)}`;
  }
}

function tail({
  from,
  count,
}: {
  readonly from?: number | undefined;
  readonly count?: number | undefined;
}): string {
  const start = from === undefined || from === 0 ? '' : ` from ${from}`;
  return count === undefined ? start : `${start} count ${count}`;
}

function whole(digits: string): number {
  const value = Number(digits);
  if (!Number.isSafeInteger(value))
    throw new ScheduleSyntaxError(`${digits} instructions are more than can be counted.`);
  return value;
}
