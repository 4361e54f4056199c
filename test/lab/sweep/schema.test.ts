/** docs/sweep.schema.json: what sweeps write is what it says, and all that it says. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { sweep, type RunSweepOptions } from '../../../src/lab/sweep/sweep.js';
import {
  COUNT_NMI,
  exit,
  IRET,
  MEMORY_BYTES,
  realModeGuest,
  spin,
  WARM_STACK,
} from '../../helpers/real-mode-guest.js';

const schema = JSON.parse(
  readFileSync(new URL('../../../docs/sweep.schema.json', import.meta.url), 'utf8'),
) as AnySchemaObject;

/** Readers ignore what they do not know; what we write is all known. */
function closed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(closed);
  if (typeof part !== 'object' || part === null) return part;
  const copy = Object.fromEntries(Object.entries(part).map(([name, member]) => [name, closed(member)]));
  return 'properties' in copy && copy['type'] === 'object' ? { ...copy, additionalProperties: false } : copy;
}

const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false });
const isSweep = ajv.compile(schema);
const isExactlySweep = ajv.compile(closed(schema) as AnySchemaObject);

/** What comes out of a file. */
async function written(options: Partial<RunSweepOptions>): Promise<Record<string, any>> {
  const guest = { main: [...WARM_STACK, ...spin(5), ...exit(0)], nmi: [...COUNT_NMI, ...IRET] };
  const result = await sweep({
    name: 'small',
    guest: realModeGuest(guest),
    memoryBytes: MEMORY_BYTES,
    from: 2,
    ...options,
  });
  return JSON.parse(JSON.stringify(result));
}

it.each<[string, Partial<RunSweepOptions>]>([
  ['with violations', {}],
  [
    'of pairs, with what the NMI handler of the naive delivery nests',
    { pairs: true, deliveries: ['naive-event-injection'] },
  ],
  ['of a shard without units', { shard: { index: 3, count: 3 }, deliveries: ['kvm-vnmi'] }],
  [
    'with every option',
    { to: 9, latencyBound: 100, handlerLimit: 50, violationLimit: 2, cpu: 'x86-64-v2', seed: 3 },
  ],
])('describes a result %s', async (_what, options) => {
  const result = await written(options);
  expect(isExactlySweep(result), JSON.stringify(isExactlySweep.errors)).toBe(true);
});

describe('a result that is not whole', async () => {
  const result = await written({ deliveries: ['kvm-vnmi'] });

  /** Paths of all members, of one element of each array. */
  function membersOf(
    part: unknown,
    path: readonly (string | number)[] = [],
  ): (readonly (string | number)[])[] {
    if (Array.isArray(part)) return part.length === 0 ? [] : membersOf(part[0], [...path, 0]);
    if (typeof part !== 'object' || part === null) return [];
    return Object.entries(part).flatMap(([name, member]) => [
      [...path, name],
      ...membersOf(member, [...path, name]),
    ]);
  }

  // Which invariants are broken is data.
  const members = membersOf(result).filter((path) => path.at(-2) !== 'broken');

  it('has all that a result has', () => {
    expect(members.length).toBeGreaterThan(50);
  });

  it.each(members.map((path) => [path.join('.'), path] as const))('without %s is none', (_name, path) => {
    const copy = structuredClone(result);
    const holder = path.slice(0, -1).reduce((part, name) => part[name], copy);
    delete holder[path.at(-1)!];
    expect(isSweep(copy)).toBe(false);
  });
});
