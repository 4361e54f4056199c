/** Debian's nasm, for comparison. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const hasNasm = spawnSync('nasm', ['-v']).status === 0;

export interface NasmResult {
  readonly bytes: Uint8Array;
  /** Messages of errors, by line. */
  readonly errors: ReadonlyMap<number, string>;
  /** Bytes of each line as hexadecimal digits, by line. */
  readonly lines: ReadonlyMap<number, string>;
}

/** Assembles a source to a flat binary. Files to include go by name. */
export function nasm(source: string, files: Readonly<Record<string, string | Uint8Array>> = {}): NasmResult {
  const folder = mkdtempSync(join(tmpdir(), 'vmexit-nasm-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    writeFileSync(join(folder, 'x.asm'), source);
    const args = ['-f', 'bin', '-w-all', '-o', 'x.bin', '-l', 'x.lst', 'x.asm'];
    const { stderr } = spawnSync('nasm', args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
    const errors = new Map<number, string>();
    for (const [, line, message] of stderr.matchAll(/^x\.asm:(\d+): error: (.*)$/gm))
      errors.set(Number(line), message ?? '');
    const bytes = errors.size > 0 ? new Uint8Array() : new Uint8Array(readFileSync(join(folder, 'x.bin')));
    return {
      bytes,
      errors,
      lines: errors.size > 0 ? new Map() : readListing(readFileSync(join(folder, 'x.lst'), 'latin1')),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** "    12 00000034 B8[0500]...-" : number, address, bytes, which go on in the next row after a dash. */
function readListing(listing: string): Map<number, string> {
  const lines = new Map<number, string>();
  for (const [, number, hex] of listing.matchAll(/^ *(\d+) [0-9A-F]{8} ([^ ]+)/gm)) {
    const line = Number(number);
    lines.set(line, (lines.get(line) ?? '') + (hex ?? '').replace(/[^0-9A-F]/g, ''));
  }
  return lines;
}
