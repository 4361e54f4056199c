/**
 * Where the two WebAssembly binaries lie: beside this module, which is in src/ for the tests and bundled into dist/.
 *
 * `new URL('./name', import.meta.url)` is the one spelling that Node, browsers and bundlers all understand. It is
 * evaluated when a machine is made, not when the package is imported: a bundle without `import.meta` can still be loaded.
 */

/** The processor's core, compiled from assembly/. */
export function coreUrl(): URL {
  return new URL('./core.wasm', import.meta.url);
}

/** iced-x86, less what vmexit does not call (scripts/build-iced.mjs). */
export function icedUrl(): URL {
  return new URL('./iced.wasm', import.meta.url);
}
