/**
 * What a guest's NMI handler may write: said in the guest's contract, or by whoever sweeps it.
 *
 * A range is `symbol`, `symbol:length`, or `from-to` with addresses, the second one not included. A symbol without a length
 * has the size that the guest's file gives it, else one machine word. Addresses are virtual; `linearToPhysical` maps them.
 */
import { UsageError } from '../../errors.js';
import type { SymbolTable } from '../../loader/symbols.js';
import type { AddressRange } from './address-ranges.js';

export interface HandlerContract {
  /** What the handler may write, as text. */
  readonly mayWrite: readonly string[];
  /** What the guest prints depends on it: numbers in the output may differ. */
  readonly outputFollows: boolean;
}

/** The handler may write nothing but its stack. */
export const STRICT_CONTRACT: HandlerContract = { mayWrite: [], outputFollows: false };

/** Bytes of a symbol whose size nobody knows. */
const WORD_BYTES = 8;

/**
 * Reads the row `Handler` from the comment at the top of a guest's source; null if there is none.
 *
 *     ; Handler   writes nmi_count:4, last_rip:8; the output follows
 *     ; Handler   writes nothing
 */
export function readContract(source: string): HandlerContract | null {
  for (const line of source.split('\n')) {
    if (!line.startsWith(';')) break;
    const row = /^; Handler {2,}(.*)$/.exec(line.trimEnd());
    if (row?.[1] !== undefined) return parseContract(row[1]);
  }
  return null;
}

/** The text of that row. */
export function parseContract(text: string): HandlerContract {
  const match = /^writes (nothing|[^;]+?)(; the output follows)?$/.exec(text.trim());
  if (match?.[1] === undefined)
    throw new UsageError(
      `the contract's "Handler ${text}" is not "writes nothing" or "writes symbol[:bytes], …[; the output follows]"`,
    );
  const mayWrite = match[1] === 'nothing' ? [] : match[1].split(',').map((range) => range.trim());
  return { mayWrite, outputFollows: match[2] !== undefined };
}

/** Where the ranges are. Throws a `UsageError` that names a symbol that does not exist, or a range that is none. */
export function resolveRanges(ranges: readonly string[], symbols: SymbolTable): AddressRange[] {
  return ranges.map((text) => byAddresses(text) ?? bySymbol(text, symbols));
}

function byAddresses(text: string): AddressRange | null {
  const match = /^(\w+)-(\w+)$/.exec(text);
  if (match === null) return null;
  const [start, end] = [address(match[1]), address(match[2])];
  if (start === null || end === null) return null;
  if (end <= start) throw new UsageError(`the range ${text} ends before it begins`);
  return { start, end };
}

function bySymbol(text: string, symbols: SymbolTable): AddressRange {
  const [name = '', length, rest] = text.split(':');
  const symbol = [...symbols].find((candidate) => candidate.name === name);
  if (symbol === undefined || rest !== undefined) throw unknown(text, symbols);
  const start = Number(symbol.address);
  const bytes = length === undefined ? symbol.size || WORD_BYTES : address(length);
  if (bytes === null || bytes === 0)
    throw new UsageError(`${JSON.stringify(text)}: expected a number of bytes after the colon`);
  return { start, end: start + bytes };
}

function unknown(text: string, symbols: SymbolTable): UsageError {
  const names = [...symbols].map(({ name }) => name);
  const known =
    names.length === 0 ? 'the guest has no symbols' : `its symbols are ${names.slice(0, 20).join(', ')}`;
  return new UsageError(
    `the handler may write ${JSON.stringify(text)}, which is no symbol of the guest and no range of addresses: ${known}${names.length > 20 ? ' …' : ''}`,
  );
}

/** 4096, 0x1000 or 1000h. */
function address(text: string | undefined): number | null {
  if (text === undefined) return null;
  const hexadecimal = /^(?:0x([0-9a-f]+)|([0-9][0-9a-f]*)h)$/i.exec(text);
  if (hexadecimal !== null) return parseInt(hexadecimal[1] ?? hexadecimal[2] ?? '', 16);
  return /^[0-9]+$/.test(text) ? Number(text) : null;
}
