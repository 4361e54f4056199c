/**
 * How a file that ships beside a module is read: from disk where modules come from disk, else from the server.
 *
 * Node's own modules are asked for by name at run time: a bundler for browsers, or a page without one, sees no import
 * that it cannot resolve.
 */

/** What compilation while bytes still arrive insists on. */
const WASM_TYPE = 'application/wasm';

/** The bytes at `url`. */
export async function readAsset(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const disk = diskOf(url);
  if (disk !== undefined) return new Uint8Array(await disk.readFile(url));
  return new Uint8Array(await (await request(url)).arrayBuffer());
}

/** The WebAssembly module at `url`. */
export async function compileModule(url: URL): Promise<WebAssembly.Module> {
  const disk = diskOf(url);
  if (disk !== undefined) return WebAssembly.compile(await disk.readFile(url));
  const response = await request(url);
  if (response.headers.get('content-type') === WASM_TYPE) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

function diskOf({ protocol }: URL): typeof import('node:fs/promises') | undefined {
  if (protocol !== 'file:' || !('process' in globalThis)) return undefined;
  return globalThis.process.getBuiltinModule?.('node:fs/promises');
}

async function request(url: URL): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  return response;
}
