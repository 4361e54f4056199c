/** How a browser reads a file that ships beside a module. Chosen by `#platform` in package.json. Imports nothing. */

/** What compilation while bytes still arrive insists on. */
const WASM_TYPE = 'application/wasm';

/** The bytes at `url`. */
export async function readAsset(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await request(url)).arrayBuffer());
}

/** The WebAssembly module at `url`. */
export async function compileModule(url: URL): Promise<WebAssembly.Module> {
  const response = await request(url);
  if (response.headers.get('content-type') === WASM_TYPE) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

async function request(url: URL): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  return response;
}
