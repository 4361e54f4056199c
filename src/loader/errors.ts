/** What is wrong with a guest file, or with how the caller asked to load it. */
import { UsageError } from '../errors.js';

/** Stable identifiers of every reason for which a guest does not load. */
export type LoadErrorCode =
  /** The file has no bytes. */
  | 'EMPTY_FILE'
  /** The file is recognizably something else: text, an archive, a program of another system. */
  | 'NOT_A_GUEST'
  /** A header, table or segment reaches beyond the end of the file. */
  | 'TRUNCATED'
  /** An ELF file of another class, byte order, machine or type than a static x86 executable. */
  | 'ELF_UNSUPPORTED'
  /** An ELF file that contradicts itself. */
  | 'ELF_MALFORMED'
  /** A multiboot header that demands something this loader does not provide. */
  | 'MULTIBOOT_UNSUPPORTED'
  /** A multiboot header that contradicts itself. */
  | 'MULTIBOOT_MALFORMED'
  /** The guest does not fit in its memory. */
  | 'DOES_NOT_FIT'
  /** The first instruction would lie outside what was loaded, or outside memory. */
  | 'ENTRY_OUTSIDE'
  /** Two parts of the guest claim the same memory. */
  | 'OVERLAP'
  /** An option contradicts the file, or another option. */
  | 'CONFLICTING_OPTION'
  /** An option has a value that means nothing. */
  | 'BAD_OPTION';

/** A guest that cannot be loaded. The message says what was expected and what came. */
export class LoadError extends UsageError {
  override readonly code: LoadErrorCode;

  constructor(code: LoadErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** An address or a size as the manuals write it: 7c00h. */
export function hex(value: number | bigint): string {
  return `${value.toString(16)}h`;
}
