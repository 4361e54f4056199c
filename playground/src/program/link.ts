/**
 * A program and its settings in a link: JSON, deflated, base64url, in the fragment, which no server sees.
 *
 *     #1.<data>
 *
 * The number is the version of the format. A page reads what it knows and says so when it does not.
 */
import { readSettings, type Settings } from './settings.js';

const VERSION = 1;
/** What a link may unfold to: a source of a few megabytes; more is an attack on the page's memory. */
const MOST_BYTES = 8 << 20;

export interface SharedProgram {
  readonly name: string;
  readonly source: string;
  readonly settings: Settings;
  /** Lines, counted from 1. */
  readonly breakpoints: readonly number[];
}

/** What is wrong with a link, in words for the reader. */
export class LinkError extends Error {}

export async function writeLink(program: SharedProgram): Promise<string> {
  const json = new TextEncoder().encode(JSON.stringify(program));
  return `#${VERSION}.${toBase64Url(await through(json, new CompressionStream('deflate-raw')))}`;
}

/** Null for a fragment that is no program's. Rejects with a `LinkError`. */
export async function readLink(fragment: string): Promise<SharedProgram | null> {
  const match = /^#(\d+)\.(.*)$/s.exec(fragment);
  if (match === null) return null;
  const [, version, data = ''] = match;
  if (Number(version) > VERSION)
    throw new LinkError(
      'This link was made by a newer version of the playground, which writes programs in another way. Reload the page to get it.',
    );
  try {
    const bytes = await through(fromBase64Url(data), new DecompressionStream('deflate-raw'));
    return check(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw new LinkError(
      'This link is damaged: part of it is missing or has been changed. Ask for it again.',
      { cause },
    );
  }
}

function check(value: unknown): SharedProgram {
  const { name, source, settings, breakpoints } = value as Record<string, unknown>;
  if (typeof source !== 'string') throw new TypeError('the link has no source');
  return {
    name: typeof name === 'string' ? name : 'shared program',
    source,
    settings: readSettings(settings),
    breakpoints: Array.isArray(breakpoints) ? breakpoints.filter((line) => Number.isSafeInteger(line)) : [],
  };
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  transform: GenericTransformStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes])
    .stream()
    .pipeThrough(transform as ReadableWritablePair<Uint8Array, BufferSource>);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > MOST_BYTES) throw new RangeError('the link is too large');
    parts.push(part.value as Uint8Array<ArrayBuffer>);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function toBase64Url(bytes: Uint8Array): string {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
}
