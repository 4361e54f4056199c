/**
 * The container: tagged sections with lengths and checksums. All numbers are little-endian.
 *
 *     8 bytes  89h "VMX" 0Dh 0Ah 1Ah 0Ah: no text file begins so, and a transfer as text shows
 *     u16      major version: who does not know it must not read on
 *     u16      minor version: sections have been added
 *     u32      CRC-32 of the 12 bytes above
 *     sections, the last of which is "END " and empty:
 *       4 bytes  tag, ASCII
 *       u32      bytes of the contents once inflated
 *       u32      bytes of the contents as they follow, deflated
 *       u32      CRC-32 of the 12 bytes above and of the contents as they follow
 *       contents
 */
import { deflate, inflate } from './compression.js';
import { crc32 } from './crc32.js';
import { SnapshotError } from './snapshot-error.js';

const MAGIC = [0x89, 0x56, 0x4d, 0x58, 0x0d, 0x0a, 0x1a, 0x0a];
const MAJOR = 1;
const MINOR = 0;
const HEADER_BYTES = 16;
const SECTION_HEADER_BYTES = 16;
const CRC_BYTES = 4;
const END = 'END ';

/** By tag. A map, so that a tag like "__proto__" means nothing. */
export type Sections = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

export async function writeSections(sections: Sections): Promise<Uint8Array<ArrayBuffer>> {
  const parts = [header()];
  for (const [tag, contents] of [...sections, [END, new Uint8Array()] as const]) {
    const stored = await deflate(contents);
    parts.push(sectionHeader(tag, contents.length, stored), stored);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function header(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES);
  bytes.set(MAGIC);
  const view = new DataView(bytes.buffer);
  view.setUint16(8, MAJOR, true);
  view.setUint16(10, MINOR, true);
  return sealed(bytes);
}

function sectionHeader(tag: string, length: number, stored: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SECTION_HEADER_BYTES);
  bytes.set(new TextEncoder().encode(tag));
  const view = new DataView(bytes.buffer);
  view.setUint32(4, length, true);
  view.setUint32(8, stored.length, true);
  return sealed(bytes, stored);
}

/** Puts the checksum of a header, and of what follows it, at its end. */
function sealed(
  bytes: Uint8Array<ArrayBuffer>,
  following: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> {
  const at = bytes.length - CRC_BYTES;
  new DataView(bytes.buffer).setUint32(at, crc32(bytes.subarray(0, at), following), true);
  return bytes;
}

/** @param most Bytes that all contents together may inflate to. */
export async function readSections(file: Uint8Array<ArrayBuffer>, most: number): Promise<Sections> {
  checkHeader(file);
  const sections = new Map<string, Uint8Array<ArrayBuffer>>();
  let room = most;
  for (let at = HEADER_BYTES; ;) {
    const { tag, length, stored } = takeSection(file, at);
    at += SECTION_HEADER_BYTES + stored.length;
    if (tag === END) {
      if (at !== file.length) throw damaged('bytes follow its end');
      return sections;
    }
    if (sections.has(tag)) throw damaged(`it has two sections "${tag}"`);
    if (length > room) throw damaged(`its contents would take more than ${most} bytes`);
    room -= length;
    sections.set(tag, await inflateSection(tag, stored, length));
  }
}

function checkHeader(file: Uint8Array<ArrayBuffer>): void {
  if (MAGIC.some((byte, i) => i < file.length && file[i] !== byte) || file.length === 0)
    throw new SnapshotError('NOT_A_SNAPSHOT', 'this is not a snapshot of vmexit: it begins with other bytes');
  if (file.length < HEADER_BYTES) throw truncated('its header');
  const view = viewOf(file);
  if (view.getUint32(12, true) !== crc32(file.subarray(0, 12))) throw damaged('its header has changed');
  const [major, minor] = [view.getUint16(8, true), view.getUint16(10, true)];
  if (major !== MAJOR)
    throw new SnapshotError(
      'SNAPSHOT_VERSION',
      `the snapshot has format ${major}.${minor}; this vmexit reads ${MAJOR}.x`,
    );
}

interface StoredSection {
  readonly tag: string;
  /** Bytes once inflated. */
  readonly length: number;
  readonly stored: Uint8Array<ArrayBuffer>;
}

function takeSection(file: Uint8Array<ArrayBuffer>, at: number): StoredSection {
  const start = at + SECTION_HEADER_BYTES;
  if (start > file.length) throw truncated('a section header');
  const view = viewOf(file);
  const tag = new TextDecoder('latin1').decode(file.subarray(at, at + 4));
  const end = start + view.getUint32(at + 8, true);
  if (end > file.length) throw truncated(`section "${tag}"`);
  const stored = file.subarray(start, end);
  if (view.getUint32(at + 12, true) !== crc32(file.subarray(at, at + 12), stored))
    throw damaged(`section "${tag}" has changed`);
  return { tag, length: view.getUint32(at + 4, true), stored };
}

async function inflateSection(
  tag: string,
  stored: Uint8Array<ArrayBuffer>,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const contents = await inflate(stored, length).catch((error: unknown) => {
    throw damaged(`section "${tag}" does not inflate: ${(error as Error).message}`);
  });
  if (contents.length !== length)
    throw damaged(`section "${tag}" has ${contents.length} bytes, not ${length}`);
  return contents;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function truncated(where: string): SnapshotError {
  return new SnapshotError('SNAPSHOT_TRUNCATED', `the snapshot is cut short in ${where}`);
}

export function damaged(what: string): SnapshotError {
  return new SnapshotError('SNAPSHOT_DAMAGED', `the snapshot is damaged: ${what}`);
}
