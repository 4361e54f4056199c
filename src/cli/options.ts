/** The options of each command, and what they mean together. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from '../errors.js';
import { type Bits, cpuModel, type CpuName, type ScheduleSpec } from '../index.js';
import { parseAddress, parseCount, parseMemory } from './numbers.js';
import { didYouMean } from './suggestion.js';

type OptionTable = NonNullable<ParseArgsConfig['options']>;

const MACHINE_OPTIONS = {
  load: { type: 'string' },
  bits: { type: 'string' },
  entry: { type: 'string' },
  memory: { type: 'string' },
  cpu: { type: 'string' },
  delivery: { type: 'string' },
  nmis: { type: 'string' },
  'nmi-every': { type: 'string' },
  'nmi-random': { type: 'string' },
  seed: { type: 'string' },
  'nmi-at': { type: 'string' },
  'nmi-file': { type: 'string' },
  'no-jit': { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies OptionTable;

const GUEST_OPTIONS = {
  ...MACHINE_OPTIONS,
  'max-instructions': { type: 'string' },
  json: { type: 'boolean' },
  output: { type: 'string', short: 'o' },
} as const satisfies OptionTable;

const TIMELINE_OPTIONS = {
  timeline: { type: 'string' },
  'timeline-range': { type: 'string' },
  'trace-out': { type: 'string' },
} as const satisfies OptionTable;

function pick<T, K extends keyof T>(table: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, table[name]])) as Pick<T, K>;
}

export const OPTIONS = {
  run: { ...GUEST_OPTIONS, ...TIMELINE_OPTIONS, trace: { type: 'boolean' }, save: { type: 'string' } },
  resume: {
    ...TIMELINE_OPTIONS,
    'max-instructions': { type: 'string' },
    'no-jit': { type: 'boolean' },
    trace: { type: 'boolean' },
    save: { type: 'string' },
    json: { type: 'boolean' },
    quiet: { type: 'boolean', short: 'q' },
    output: { type: 'string', short: 'o' },
    help: { type: 'boolean', short: 'h' },
  },
  record: { ...GUEST_OPTIONS, 'check-every': { type: 'string' } },
  replay: {
    'no-jit': { type: 'boolean' },
    against: { type: 'string' },
    json: { type: 'boolean' },
    quiet: { type: 'boolean', short: 'q' },
    help: { type: 'boolean', short: 'h' },
  },
  gdb: { ...MACHINE_OPTIONS, port: { type: 'string' }, arch: { type: 'string' } },
  compare: { ...GUEST_OPTIONS, ...TIMELINE_OPTIONS, csv: { type: 'boolean' } },
  asm: {
    output: { type: 'string', short: 'o' },
    listing: { type: 'boolean' },
    symbols: { type: 'boolean' },
    bits: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
  sweep: {
    ...pick(GUEST_OPTIONS, [
      'load',
      'bits',
      'entry',
      'memory',
      'cpu',
      'max-instructions',
      'delivery',
      'seed',
      'no-jit',
    ]),
    ...pick(GUEST_OPTIONS, ['json', 'quiet', 'output', 'help']),
    from: { type: 'string' },
    to: { type: 'string' },
    symbol: { type: 'string' },
    pairs: { type: 'boolean' },
    'may-write': { type: 'string' },
    'max-latency': { type: 'string' },
    'handler-limit': { type: 'string' },
    invariant: { type: 'string' },
    limit: { type: 'string' },
    junit: { type: 'string' },
    html: { type: 'string' },
    threads: { type: 'string' },
    shard: { type: 'string' },
    resume: { type: 'string' },
    replays: { type: 'string' },
    queue: { type: 'string' },
  },
  worker: {
    queue: { type: 'string' },
    threads: { type: 'string' },
    lease: { type: 'string' },
    invariant: { type: 'string' },
    quiet: { type: 'boolean', short: 'q' },
    help: { type: 'boolean', short: 'h' },
  },
  merge: {
    ...pick(GUEST_OPTIONS, ['json', 'quiet', 'output', 'help']),
    partial: { type: 'boolean' },
    junit: { type: 'string' },
    html: { type: 'string' },
  },
  scenario: {
    ...pick(GUEST_OPTIONS, ['json', 'quiet', 'output', 'help']),
    html: { type: 'string' },
    timeline: { type: 'string' },
    replays: { type: 'string' },
  },
  list: { help: { type: 'boolean', short: 'h' } },
} as const satisfies Record<string, OptionTable>;

export type CommandName = keyof typeof OPTIONS;
/** What was given, as text: `undefined` where it was not. */
export type GivenOptions = Readonly<Record<string, string | boolean | undefined>>;

export interface Arguments {
  readonly options: GivenOptions;
  readonly positionals: readonly string[];
}

/** Splits the arguments after the command's name. */
export function parseOptions(command: CommandName, args: readonly string[]): Arguments {
  const options: OptionTable = OPTIONS[command];
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
    });
    return { options: values as GivenOptions, positionals };
  } catch (error) {
    throw explain(command, error as Error & { code?: string }, Object.keys(options));
  }
}

/** Node's message, in one line and with a suggestion. */
function explain(command: CommandName, error: Error & { code?: string }, known: readonly string[]): Error {
  if (!error.code?.startsWith('ERR_PARSE_ARGS')) return error;
  const option = /'(?:-\w, )?--?([^' <]+)/.exec(error.message)?.[1];
  if (option === undefined) return new UsageError(error.message);
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const hint = didYouMean(option, known);
    const spelling = option.length === 1 ? `-${option}` : `--${option}`;
    return new UsageError(`${command} has no option ${spelling}${hint}; see "vmexit ${command} --help"`);
  }
  // Node's own words do not say what to do about a value such as -1.
  if (error.message.includes('ambiguous'))
    return new UsageError(`--${option} lacks its value, or that begins with a dash: write --${option}=VALUE`);
  const first = error.message.split('\n')[0] ?? '';
  return new UsageError(first.replace(/\.$/, ''));
}

/** The text of an option that takes a value. */
export function text(options: GivenOptions, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** How the guest's file is to be read, as createVm takes it. */
export interface GuestPlacement {
  readonly load?: number | undefined;
  readonly entry?: number | undefined;
  readonly bits?: Bits | undefined;
  readonly memoryBytes?: number | undefined;
}

export function guestPlacement(options: GivenOptions): GuestPlacement {
  const [load, entry, memory, bits] = ['load', 'entry', 'memory', 'bits'].map((name) => text(options, name));
  return {
    load: load === undefined ? undefined : parseAddress('--load', load),
    entry: entry === undefined ? undefined : parseAddress('--entry', entry),
    memoryBytes: memory === undefined ? undefined : parseMemory('--memory', memory),
    bits: bits === undefined ? undefined : parseBits(bits),
  };
}

function parseBits(value: string): Bits {
  if (value === '16') return 16;
  if (value === '32') return 32;
  if (value === '64') return 64;
  throw new UsageError(`--bits expects 16, 32 or 64, not ${JSON.stringify(value)}`);
}

/** Which processor the guest runs on, as createVm takes it. */
export function processorOptions(options: GivenOptions): {
  readonly cpu: CpuName | undefined;
  readonly seed: number;
  readonly jit: boolean;
} {
  const cpu = text(options, 'cpu');
  return {
    cpu: cpu === undefined ? undefined : cpuModel(cpu).name,
    seed: parseSeed(options),
    jit: !options['no-jit'],
  };
}

/** The limit that was asked for; undefined where none was. */
export function maxInstructions(options: GivenOptions): number | undefined {
  const value = text(options, 'max-instructions');
  return value === undefined ? undefined : parseCount('--max-instructions', value);
}

/** Options that each say when NMIs come: at most one of them. */
const SCHEDULES = ['nmi-every', 'nmi-random', 'nmi-at', 'nmi-file'] as const;

/**
 * The schedule that the options describe; undefined if they describe none.
 *
 * @param readSchedule Reads the file of `--nmi-file`.
 */
export async function nmiSchedule(
  options: GivenOptions,
  readSchedule: (path: string) => Promise<readonly number[]>,
): Promise<ScheduleSpec | undefined> {
  const given = SCHEDULES.filter((name) => options[name] !== undefined);
  const [kind, second] = given;
  if (second) throw new UsageError(`--${kind} and --${second} are two schedules: give one`);
  const nmis = text(options, 'nmis');
  const count = nmis === undefined ? undefined : parseCount('--nmis', nmis);
  const seed = parseSeed(options);
  const value = kind === undefined ? '' : (text(options, kind) ?? '');
  if (nmis !== undefined && (kind === 'nmi-at' || kind === 'nmi-file'))
    throw new UsageError(`--nmis does not go with --${kind}, which lists every NMI`);
  switch (kind) {
    case undefined:
      return count === undefined ? undefined : { kind: 'random', mean: DEFAULT_MEAN, seed, count };
    case 'nmi-every':
      return { kind: 'every', period: parsePeriod('--nmi-every', value), count };
    case 'nmi-random':
      return { kind: 'random', mean: parsePeriod('--nmi-random', value), seed, count };
    case 'nmi-at':
      return { kind: 'at', counts: value.split(',').map((at) => parseCount('--nmi-at', at.trim())) };
    case 'nmi-file':
      return { kind: 'at', counts: await readSchedule(value) };
  }
}

/** Instructions between two NMIs, on average, where only their number is given. */
const DEFAULT_MEAN = 1000;
const DEFAULT_SEED = 1;

/** What compares a guest that says nothing about NMIs itself. */
export const DEFAULT_SCHEDULE: ScheduleSpec = {
  kind: 'random',
  mean: DEFAULT_MEAN,
  seed: DEFAULT_SEED,
  count: 1000,
};

function parseSeed(options: GivenOptions): number {
  const seed = text(options, 'seed');
  return seed === undefined ? DEFAULT_SEED : parseCount('--seed', seed);
}

function parsePeriod(option: string, value: string): number {
  const period = parseCount(option, value);
  if (period < 1) throw new UsageError(`${option} expects 1 instruction or more, not ${value}`);
  return period;
}
