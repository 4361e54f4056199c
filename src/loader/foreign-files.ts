/**
 * Files that people pass by mistake: recognized, so that the message can say what they are.
 *
 * Any bytes can be a flat binary, so this is asked only when the caller said nothing about the format.
 */
import { LoadError } from './errors.js';

/** First bytes of a file, and what it is. */
const MAGICS: readonly (readonly [magic: readonly number[], what: string])[] = [
  [[0x00, 0x61, 0x73, 0x6d], 'a WebAssembly module'],
  [[0x1f, 0x8b], 'a gzip archive: unpack it first'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'an xz archive: unpack it first'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'a zstd archive: unpack it first'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive: unpack it first'],
  [[0x89, 0x50, 0x4e, 0x47], 'a PNG image'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF document'],
  [[0xcf, 0xfa, 0xed, 0xfe], 'a Mach-O program (macOS)'],
  [[0xce, 0xfa, 0xed, 0xfe], 'a Mach-O program (macOS)'],
  [[0x21, 0x3c, 0x61, 0x72, 0x63, 0x68, 0x3e], 'an archive of object files: link it first'],
  [[0xde, 0xc0, 0x17, 0x0b], 'LLVM bitcode: compile it first'],
];

const MZ = [0x4d, 0x5a];
const PE_OFFSET_FIELD = 0x3c;
const PE_SIGNATURE = [0x50, 0x45, 0x00, 0x00];

/** How much of a file is looked at to call it text. */
const TEXT_SAMPLE_BYTES = 512;
/** Shorter runs of printable bytes may be code. */
const LEAST_TEXT_BYTES = 16;

/** Throws when the file is recognizably not a guest. */
export function rejectForeignFile(bytes: Uint8Array): void {
  const what =
    MAGICS.find(([magic]) => startsWith(bytes, 0, magic))?.[1] ??
    describeProgram(bytes) ??
    describeText(bytes);
  if (what === undefined) return;
  throw new LoadError(
    'NOT_A_GUEST',
    `the file is ${what}; expected x86 code: a flat binary, a static ELF file or a multiboot kernel ` +
      '(say how many bits it has to run it as a flat binary all the same)',
  );
}

function describeProgram(bytes: Uint8Array): string | undefined {
  if (!startsWith(bytes, 0, MZ) || bytes.length < PE_OFFSET_FIELD + 4) return undefined;
  const offset = new DataView(bytes.buffer, bytes.byteOffset).getUint32(PE_OFFSET_FIELD, true);
  return startsWith(bytes, offset, PE_SIGNATURE) ? 'a PE program (Windows or UEFI)' : undefined;
}

function describeText(bytes: Uint8Array): string | undefined {
  const sample = bytes.subarray(0, TEXT_SAMPLE_BYTES);
  const isText = sample.length >= LEAST_TEXT_BYTES && sample.every(isTextByte);
  return isText ? 'text: assemble or compile it first (nasm -f bin)' : undefined;
}

/** Tab, line feed, carriage return or printable ASCII. */
function isTextByte(byte: number): boolean {
  return byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127);
}

function startsWith(bytes: Uint8Array, offset: number, prefix: readonly number[]): boolean {
  return prefix.every((byte, i) => bytes[offset + i] === byte);
}
