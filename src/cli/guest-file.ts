/** From what the user typed to a guest: a file, or a shipped guest by name or by the path of its source. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { UsageError } from '../errors.js';
import {
  assembleGuest,
  DEFAULT_MEMORY_BYTES,
  listShippedGuests,
  loadGuest,
  type LoadedGuest,
  type LoadOptions,
  loadShippedGuest,
  matchShippedGuest,
  parseSchedule,
  readShippedGuest,
  type ScheduleSpec,
  type ShippedGuest,
} from '../index.js';
import { type HandlerContract, parseContract, readContract } from '../lab/index.js';
import { filesAround, guestsFolder, readSource } from './assembly-file.js';
import type { GuestPlacement } from './options.js';
import { NO_SOURCE, sourceOfAssembly, sourceOfShipped, type SourceOf } from './source-lines.js';
import { didYouMean } from './suggestion.js';
import { reasonOf } from './system-error.js';

export interface ChosenGuest {
  readonly name: string;
  readonly image: LoadedGuest;
  readonly memoryBytes: number;
  /** The schedule that suits it; undefined where nobody knows. */
  readonly schedule: ScheduleSpec | undefined;
  /** The instruction count from which on its NMI handler is in place; 0 where nobody knows. */
  readonly nmiFrom: number;
  /** What its NMI handler may write; null where nobody says. */
  readonly contract: HandlerContract | null;
  /** The lines of its source, for who asks. */
  readonly sourceLines: () => Promise<SourceOf>;
}

/** Nothing larger fits in a guest's memory. */
const MOST_BYTES = 0x8000_0000;

export async function chooseGuest(
  positionals: readonly string[],
  placement: GuestPlacement,
): Promise<ChosenGuest> {
  const [path, extra] = positionals;
  const shipped = await listShippedGuests();
  const names = shipped.map(({ name }) => name).join(', ');
  if (path === undefined) throw new UsageError(`which guest? Give a file, or one of ${names}`);
  if (extra !== undefined)
    throw new UsageError(`one guest at a time: ${JSON.stringify(extra)} is one too many`);
  const { memoryBytes = DEFAULT_MEMORY_BYTES } = placement;
  const known = await matchWithFiles(path, shipped);
  if (known) return loadKnown(known, placement, memoryBytes);
  const { load, entry, bits } = placement;
  const options = { memoryBytes, load, entry, bits };
  const isSource = extname(path) === '.asm' && (await isFile(path));
  const source = isSource ? await readSource(path) : null;
  const unknown = { name: basename(path), memoryBytes, schedule: undefined, nmiFrom: 0 };
  if (source === null) {
    const image = await loadBinary(path, shipped, options);
    return { ...unknown, image, contract: null, sourceLines: async () => NO_SOURCE };
  }
  const built = await assembleGuest({ assembly: source, name: path, files: filesAround(path) }, options);
  const sourceLines = async (): Promise<SourceOf> => sourceOfAssembly(built.assembly);
  return { ...unknown, image: built.guest, contract: readContract(source), sourceLines };
}

async function loadBinary(
  path: string,
  shipped: readonly ShippedGuest[],
  options: LoadOptions,
): Promise<LoadedGuest> {
  const bytes = await readGuest(path, shipped);
  return withName(path, () => loadGuest(bytes, options));
}

/** A file of the user's wins over a shipped guest of that name; sources and fixtures of shipped ones are theirs. */
async function matchWithFiles(
  path: string,
  shipped: readonly ShippedGuest[],
): Promise<ShippedGuest | undefined> {
  const folder = dirname(resolve(path));
  const isShippedFile = folder === guestsFolder() || folder === join(guestsFolder(), 'fixtures');
  return isShippedFile || !(await isFile(path)) ? matchShippedGuest(shipped, path) : undefined;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function loadKnown(
  guest: ShippedGuest,
  placement: GuestPlacement,
  memoryBytes: number,
): Promise<ChosenGuest> {
  for (const option of ['load', 'entry', 'bits'] as const)
    if (placement[option] !== undefined)
      throw new UsageError(`--${option} does not go with ${guest.name}, a shipped guest: its place is known`);
  const bytes = await readShippedGuest(guest);
  const image = withName(guest.name, () => loadShippedGuest(guest, bytes, memoryBytes));
  // A guest that asks for its own NMIs, or has no handler for any, gets none.
  const { nmiEvery } = guest;
  const schedule: ScheduleSpec = nmiEvery === null ? { kind: 'none' } : { kind: 'every', period: nmiEvery };
  const contract = guest.handler === null ? null : parseContract(guest.handler);
  return {
    name: guest.name,
    image,
    memoryBytes,
    schedule,
    nmiFrom: guest.nmiFrom ?? 0,
    contract,
    sourceLines: () => sourceOfShipped(guest),
  };
}

async function readGuest(path: string, shipped: readonly ShippedGuest[]): Promise<Uint8Array> {
  const names = shipped.map(({ name }) => name);
  const hint = `${didYouMean(path, names)}; shipped guests are ${names.join(', ')}`;
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new UsageError(`there is no guest ${JSON.stringify(path)}${hint}`);
    throw new UsageError(`cannot read ${path}: ${reasonOf(error)}`);
  });
  if (!found.isFile())
    throw new UsageError(`${path} is not a file: expected a guest binary, ELF or multiboot kernel`);
  if (found.size > MOST_BYTES)
    throw new UsageError(`${path} has ${found.size} bytes: a guest has at most 2 GiB`);
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read ${path}: ${reasonOf(error)}`);
  });
}

/** Reads the file of `--nmi-file`. */
export async function readScheduleFile(path: string): Promise<readonly number[]> {
  const contents = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--nmi-file: cannot read ${path}: ${reasonOf(error)}`);
  });
  return parseSchedule(contents, path);
}

/** Says which file an error is about. */
function withName<T>(name: string, load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${name}: ${error.message}`);
    throw error;
  }
}
