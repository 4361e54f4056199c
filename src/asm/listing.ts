/** Listings: address and bytes of each line beside its text. */
import type { Emitted, PassResult } from './pass.js';
import { locate } from './diagnostics.js';
import { add, resolve, scalar } from './value.js';

const BYTES_A_LINE = 8;
const ADDRESS_DIGITS = 8;

/** Each file by itself, in the order in which their lines first made something. */
export function writeListing(result: PassResult, files: ReadonlyMap<string, Uint8Array>): string {
  const byFile = new Map<string, Map<number, Emitted[]>>();
  for (const emitted of result.emitted) {
    const { place } = locate(emitted.line.origin);
    const lines = byFile.get(place.file) ?? new Map<number, Emitted[]>();
    byFile.set(place.file, lines);
    lines.set(place.line, [...(lines.get(place.line) ?? []), emitted]);
  }
  const parts = [...byFile].map(([file, lines]) => {
    const text = new TextDecoder().decode(files.get(file)).split(/\r\n|\n|\r/);
    if (text.at(-1) === '') text.pop();
    const rows = text.flatMap((source, i) => rowsOf(i + 1, source, lines.get(i + 1) ?? [], result));
    return [`; ${file}`, ...rows, ''].join('\n');
  });
  return parts.join('\n');
}

function rowsOf(number: number, source: string, emitted: readonly Emitted[], result: PassResult): string[] {
  const pieces = emitted.flatMap((one) => piecesOf(one, result));
  const [first = ''] = pieces;
  const width = ADDRESS_DIGITS + 2 + 2 * BYTES_A_LINE + 1;
  const row = `${String(number).padStart(6)}  ${first.padEnd(width)} ${source}`.trimEnd();
  return [row, ...pieces.slice(1).map((piece) => `${' '.repeat(6)}  ${piece}`)];
}

/** Address and bytes, a few at a time; room is shown as how much it is. */
function piecesOf({ start, offset, length, isRoom, section }: Emitted, { location }: PassResult): string[] {
  const address = resolve(add(start, scalar(BigInt(offset)))) ?? 0n;
  const hex = (at: bigint): string =>
    BigInt.asUintN(64, at).toString(16).toUpperCase().padStart(ADDRESS_DIGITS, '0');
  if (isRoom) return [`${hex(address)}  <${length} bytes>`];
  const all = location.sections.find(({ name }) => name === section)?.bytes ?? new Uint8Array();
  const bytes = all.subarray(offset, offset + length);
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_A_LINE) {
    const part = [...bytes.subarray(at, at + BYTES_A_LINE)].map((byte) =>
      byte.toString(16).toUpperCase().padStart(2, '0'),
    );
    pieces.push(`${hex(address + BigInt(at))}  ${part.join('')}`);
  }
  return pieces;
}
