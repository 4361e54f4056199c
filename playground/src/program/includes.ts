/** What a guest may include: the shipped include files, and the programs that were compiled elsewhere. */
import { byFileName } from './file-names.js';

/** By the name that %include gives. */
const TEXTS = byFileName(
  import.meta.glob<string>('../../../guests/include/*.inc', {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
);

/** Their addresses, by the name that INCBIN gives. */
const BINARIES = byFileName(
  import.meta.glob<string>('../../../guests/fixtures/*.elf', {
    query: '?url',
    import: 'default',
    eager: true,
  }),
);

const fetched = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

/** The contents of a file that a guest includes; undefined if there is none of that name. */
export function includedFile(name: string): string | Promise<Uint8Array<ArrayBuffer>> | undefined {
  if (Object.hasOwn(TEXTS, name)) return TEXTS[name];
  return Object.hasOwn(BINARIES, name) ? fetchOnce(BINARIES[name]!) : undefined;
}

/** The editor assembles at every change. */
function fetchOnce(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const known = fetched.get(url);
  if (known !== undefined) return known;
  const bytes = fetchBytes(url);
  fetched.set(url, bytes);
  bytes.catch(() => fetched.delete(url));
  return bytes;
}

async function fetchBytes(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} cannot be loaded: the server answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
