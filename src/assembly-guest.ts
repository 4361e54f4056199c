/** Guests that are assembly source. The assembler is loaded when the first of them comes. */
import type { AssembleOptions } from './asm/index.js';
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

/**
 * Assembles and loads a guest. Without an ORG of its own it is assembled for where it goes: where the options say, or where
 * any flat binary of its code size does. Rejects with an `AssemblyError` if the source has errors.
 */
export async function loadAssembly(source: AssemblySource, options: LoadOptions): Promise<LoadedGuest> {
  const { assemble } = await import('./asm/index.js');
  const { assembly, name, files, define } = source;
  const given = { name, files, define, bits: options.bits };
  const first = await assemble(assembly, given);
  const format = options.format ?? detectFormat(first.bytes);
  if (format !== 'flat') return loadGuest(first.bytes, { ...options, format, symbols: first.symbols });
  const bits = options.bits ?? first.bits;
  const load = options.load ?? (first.hasOrigin ? first.origin : defaultLoadAddress(bits));
  const { bytes, symbols } = first.hasOrigin ? first : await assemble(assembly, { ...given, origin: load });
  return loadGuest(bytes, { ...options, format, load, bits, symbols });
}
