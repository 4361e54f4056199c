/** How Node reads a file that ships beside a module. Chosen by `#platform` in package.json. */
import { readFile } from 'node:fs/promises';

/** The bytes at `url`. */
export async function readAsset(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(url));
}

/** The WebAssembly module at `url`. */
export async function compileModule(url: URL): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(url));
}
