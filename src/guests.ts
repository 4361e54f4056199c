/**
 * The guests that come with vmexit: found by name or by the path of their source, read as built fixtures.
 *
 * `guests/fixtures` is a sibling of the folder this module is in, src/ in the repository and dist/ in the package, and is
 * read from disk in Node and by URL in a browser.
 */
import { readAsset } from './core/compiled-asset.js';
import { UsageError } from './errors.js';
import { loadGuest } from './loader/detect.js';
import type { Bits } from './loader/entry.js';
import type { GuestFormat, LoadedGuest } from './loader/image.js';

/** A row of guests/fixtures/index.json, which scripts/build-guests.mjs makes from each guest's contract comment. */
export interface ShippedGuest {
  readonly name: string;
  /** The fixture, in guests/fixtures. */
  readonly file: string;
  /** The source, from the root of the repository. */
  readonly source: string;
  /** One line: what the guest does. */
  readonly summary: string;
  /** What a run of it shows. */
  readonly shows: string;
  readonly format: GuestFormat;
  /** Address of the first byte. */
  readonly load: number;
  /** Code size in which the guest works; a multiboot guest starts in 32-bit mode whatever it is. */
  readonly bits: Bits;
  /** The schedule of NMIs that suits the guest, in instructions; null when none does. */
  readonly nmiEvery: number | null;
  /** Instructions after which its handler is in place: an earlier NMI ends it, as it would end any kernel at boot. */
  readonly nmiFrom: number | null;
  /** True when the guest requests NMIs itself, by hypercall: it needs no schedule. */
  readonly requestsOwnNmis: boolean;
  /** What its NMI handler may write, as `parseContract` reads it; null without a handler. */
  readonly handler: string | null;
  /** The option of qemu-system-x86_64 that runs it, with the fixture's path after it; null: it needs hypercalls. */
  readonly qemu: string | null;
  /** SHA-256 of the source and all it includes. */
  readonly sourceHash: string;
  readonly bytes: number;
  /** Labels of a flat image; an ELF file has its own. */
  readonly symbols?: Readonly<Record<string, number>>;
}

/** The contents of guests/fixtures/index.json. */
export interface GuestIndex {
  /** Versions of the tools that built the fixtures. */
  readonly tools: Readonly<Record<'nasm' | 'gcc', string>>;
  readonly guests: readonly ShippedGuest[];
}

/** No shipped guest has this name. */
export class UnknownGuestError extends UsageError {
  override readonly code = 'UNKNOWN_GUEST';

  constructor(
    readonly guest: string,
    readonly known: readonly string[],
  ) {
    super(`no shipped guest is called "${guest}": there are ${known.join(', ')}`);
  }
}

/** Where the fixtures are. Bundlers do not copy the folder: a page that wants them serves it and gives its address. */
export function fixturesUrl(): URL {
  const here = import.meta.url;
  return new URL('../guests/fixtures/', here);
}

/** Reads the list of shipped guests, sorted by name. */
export async function listShippedGuests(fixtures: URL = fixturesUrl()): Promise<readonly ShippedGuest[]> {
  return (await readIndex(fixtures)).guests;
}

export async function readIndex(fixtures: URL = fixturesUrl()): Promise<GuestIndex> {
  return JSON.parse(new TextDecoder().decode(await readAsset(new URL('index.json', fixtures)))) as GuestIndex;
}

/** The guest meant by its name, its source or its fixture, with or without a path: `guests/nmi-storm.asm`. */
export function matchShippedGuest(
  guests: readonly ShippedGuest[],
  nameOrPath: string,
): ShippedGuest | undefined {
  const base = nameOrPath.replaceAll('\\', '/').split('/').at(-1);
  return guests.find(({ name, file }) => base === name || base === `${name}.asm` || base === file);
}

/** As `matchShippedGuest`, but a guest that is not there is the caller's mistake. */
export async function findShippedGuest(
  nameOrPath: string,
  fixtures: URL = fixturesUrl(),
): Promise<ShippedGuest> {
  if (typeof nameOrPath !== 'string')
    throw new UsageError('a shipped guest is found by its name, or the path of its source');
  const guests = await listShippedGuests(fixtures);
  const guest = matchShippedGuest(guests, nameOrPath);
  if (guest !== undefined) return guest;
  throw new UnknownGuestError(
    nameOrPath,
    guests.map(({ name }) => name),
  );
}

/** The bytes of a shipped guest's fixture. */
export function readShippedGuest(guest: ShippedGuest, fixtures: URL = fixturesUrl()): Promise<Uint8Array> {
  return readAsset(new URL(guest.file, fixtures));
}

/** Loads a shipped guest's bytes as its contract says. */
export function loadShippedGuest(guest: ShippedGuest, bytes: Uint8Array, memoryBytes: number): LoadedGuest {
  const { format, symbols } = guest;
  const placement = format === 'flat' ? { bits: guest.bits, load: guest.load } : {};
  return loadGuest(bytes, { memoryBytes, format, symbols, ...placement });
}
