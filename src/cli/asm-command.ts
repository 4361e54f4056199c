/** `vmexit asm`. */
import { basename, extname } from 'node:path';
import { assemble, type Assembly, formatDiagnostic } from '../asm/index.js';
import { UsageError } from '../errors.js';
import { filesAround, readSource } from './assembly-file.js';
import { refuseOverwriting } from './file-conflicts.js';
import { type Arguments, guestPlacement } from './options.js';
import { ResultFile } from './result-writer.js';
import type { Terminal } from './terminal.js';

export async function asmCommand({ options, positionals }: Arguments, terminal: Terminal): Promise<number> {
  const [path, extra] = positionals;
  if (path === undefined) throw new UsageError('which source? Give a file in NASM syntax');
  if (extra !== undefined)
    throw new UsageError(`one source at a time: ${JSON.stringify(extra)} is one too many`);
  const isShown = options['listing'] === true || options['symbols'] === true;
  const output =
    typeof options['output'] === 'string' ? options['output'] : isShown ? undefined : binaryOf(path);
  if (output !== undefined) await refuseOverwriting([path], output, '--output');
  const source = await readSource(path);
  const file = output === undefined ? undefined : await ResultFile.open(output);
  const { bits } = guestPlacement(options);
  const assembly = await assemble(source, { name: path, files: filesAround(path), bits });
  for (const warning of assembly.warnings) terminal.stderr.write(`${formatDiagnostic(warning)}\n`);
  await file?.write(assembly.bytes);
  if (options['listing']) terminal.stdout.write(assembly.listing());
  if (options['symbols']) terminal.stdout.write(symbolList(assembly));
  return 0;
}

/** `guest.asm` becomes `guest.bin` in the current folder. */
function binaryOf(path: string): string {
  return `${basename(path, extname(path))}.bin`;
}

/** One line for each label, by address. */
function symbolList({ symbols }: Assembly): string {
  const lines = Object.entries(symbols).map(
    ([name, address]) => `${address.toString(16).padStart(8, '0')} ${name}\n`,
  );
  return lines.join('');
}
