/** The element's attributes as the options of a machine. */
import { UsageError } from '../errors.js';
import type { SentOptions } from '../worker/protocol.js';

/** Attributes that the machine depends on: when one changes, the guest starts again. */
export const MACHINE_ATTRIBUTES = [
  'src',
  'delivery',
  'memory',
  'cpu',
  'seed',
  'format',
  'bits',
  'load',
  'entry',
  'nmi-every',
] as const;

export type MachineAttribute = (typeof MACHINE_ATTRIBUTES)[number];

const SUFFIXES: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/**
 * What the attributes ask for, less `src`. Names and formats are the machine's to check. Throws a `UsageError` that names the
 * attribute if a number is none.
 */
export function readAttributes(get: (name: MachineAttribute) => string | null): Omit<SentOptions, 'guest'> {
  const number = (name: MachineAttribute) => readNumber(name, get(name));
  const nmiEvery = number('nmi-every');
  return {
    nmi: optional<SentOptions['nmi']>(get('delivery')),
    memoryBytes: number('memory'),
    cpu: optional<SentOptions['cpu']>(get('cpu')),
    seed: number('seed'),
    format: optional<SentOptions['format']>(get('format')),
    bits: number('bits') as SentOptions['bits'],
    load: number('load'),
    entry: number('entry'),
    nmiSchedule: nmiEvery === undefined ? undefined : { kind: 'every', period: nmiEvery },
  };
}

/** The machine says what is wrong with it, if it is none of the type. */
function optional<T>(value: string | null): T | undefined {
  return value === null ? undefined : (value as T);
}

/** 4096, 0x1000, 16M. */
function readNumber(name: string, value: string | null): number | undefined {
  if (value === null) return undefined;
  const [, digits, suffix = ''] = /^(0x[0-9a-f]+|\d+)([KMG]?)$/i.exec(value.trim()) ?? [];
  if (digits === undefined)
    throw new UsageError(`the attribute ${name} is a number, such as 16M or 0x7c00, not "${value}"`);
  return Number(digits) * (SUFFIXES[suffix.toUpperCase()] as number);
}
