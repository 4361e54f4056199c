/** The line of a guest's source behind an address, where there is source: for reports about single instructions. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Assembly } from '../asm/index.js';
import { assembleGuest, readShippedGuest, type ShippedGuest } from '../index.js';
import { countViolations, mapViolations, type SweepResult } from '../lab/index.js';
import { filesAround, guestsFolder } from './assembly-file.js';

/** 'guests/nmi-storm.asm:98', or undefined where no line made the instruction. */
export type SourceOf = (address: bigint) => string | undefined;

export const NO_SOURCE: SourceOf = () => undefined;

export function sourceOfAssembly({ lines }: Assembly): SourceOf {
  return (address) => {
    const at = Number(address);
    const found = lines.find((line) => line.address <= at && at < line.address + line.bytes);
    if (found === undefined) return undefined;
    const { file, line, callFile, callLine } = found;
    const isMacro = file !== callFile || line !== callLine;
    return `${callFile}:${callLine}${isMacro ? `, in the macro of ${file}:${line}` : ''}`;
  };
}

/** Of a shipped guest: its source, if that is here and makes the very bytes that are shipped. */
export async function sourceOfShipped(guest: ShippedGuest): Promise<SourceOf> {
  const path = resolve(join(guestsFolder(), '..'), guest.source);
  const assembly = path.endsWith('.asm') ? await readFile(path, 'utf8').catch(() => null) : null;
  if (assembly === null) return NO_SOURCE;
  const { format } = guest;
  const source = { assembly, name: guest.source, files: filesAround(path) };
  const built = await assembleGuest(source, { format, memoryBytes: SHIPPED_BYTES });
  const shipped = await readShippedGuest(guest);
  const isSame = Buffer.compare(built.assembly.bytes, shipped) === 0;
  return isSame ? sourceOfAssembly(built.assembly) : NO_SOURCE;
}

/** A sweep's result with the line of the source at each violation. Only who has some asks for the source. */
export async function withSources(
  result: SweepResult,
  sourceLines: () => Promise<SourceOf>,
): Promise<SweepResult> {
  if (countViolations(result) === 0) return result;
  const sourceOf = await sourceLines();
  return mapViolations(result, (violation) => {
    const address = BigInt(`0x${violation.rip.slice(0, -1)}`);
    return { ...violation, source: sourceOf(address) ?? null };
  });
}

/** What every shipped guest fits in. */
const SHIPPED_BYTES = 16 << 20;
