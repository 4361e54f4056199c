/** Guests that are assembly source. The assembler is loaded when the first of them comes. */
import type { AssembleOptions, Assembly } from './asm/index.js';
import { detectFormat, loadGuest, type LoadOptions } from './loader/detect.js';
import { defaultLoadAddress } from './loader/flat.js';
import type { LoadedGuest } from './loader/image.js';

/** A guest's source in NASM's syntax. */
export interface AssemblySource extends Pick<AssembleOptions, 'name' | 'files' | 'define'> {
  readonly assembly: string;
}

export function isAssemblySource(guest: object): guest is AssemblySource {
  return 'assembly' in guest && typeof guest.assembly === 'string';
}

/** A guest that came from source, and what its source says about it: the line of each instruction, the symbols. */
export interface AssembledGuest {
  readonly guest: LoadedGuest;
  /** Its addresses are those at which the guest is loaded. */
  readonly assembly: Assembly;
}

/**
 * Assembles and loads a guest. Without an ORG of its own it is assembled for where it goes: where the options say, or where
 * any flat binary of its code size does. Rejects with an `AssemblyError` if the source has errors.
 */
export async function assembleGuest(source: AssemblySource, options: LoadOptions): Promise<AssembledGuest> {
  const { assemble } = await import('./asm/index.js');
  const { assembly: text, name, files, define } = source;
  const given = { name, files, define, bits: options.bits };
  const first = await assemble(text, given);
  const format = options.format ?? detectFormat(first.bytes);
  if (format !== 'flat') {
    const guest = loadGuest(first.bytes, { ...options, format, symbols: first.symbols });
    return { guest, assembly: first };
  }
  const bits = options.bits ?? first.bits;
  const load = options.load ?? (first.hasOrigin ? first.origin : defaultLoadAddress(bits));
  const assembly = first.hasOrigin ? first : await assemble(text, { ...given, origin: load });
  const { bytes, symbols } = assembly;
  return { guest: loadGuest(bytes, { ...options, format, load, bits, symbols }), assembly };
}

/** As `assembleGuest`, when only the guest is wanted. */
export async function loadAssembly(source: AssemblySource, options: LoadOptions): Promise<LoadedGuest> {
  return (await assembleGuest(source, options)).guest;
}
