/** What the page cannot do without, as a browser may lack it or have it switched off. */

/** The first thing that is missing, in words; null: everything is there. */
export function missingRequirement(): string | null {
  if (typeof WebAssembly !== 'object') return 'WebAssembly, in which the processor is written';
  if (typeof DecompressionStream !== 'function') return 'compression streams, which links to programs need';
  return null;
}
