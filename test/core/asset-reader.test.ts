/** Reading binaries from disk and from a server: the common case, and servers that do not know WebAssembly. */
import { afterEach, expect, it, vi } from 'vitest';
import { compileModule, readAsset } from '../../src/core/asset-reader.js';

/** The smallest module: magic and version. */
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const URL_OF_ASSET = new URL('http://localhost/core.wasm');

function answer(status: number, type: string): void {
  const headers = { 'content-type': type };
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(EMPTY_MODULE, { status, headers })));
}

afterEach(() => {
  vi.unstubAllGlobals();
});

it.each(['application/wasm', 'application/octet-stream', ''])('compiles what comes as "%s"', async (type) => {
  answer(200, type);
  expect(await compileModule(URL_OF_ASSET)).toBeInstanceOf(WebAssembly.Module);
});

it('reads bytes', async () => {
  answer(200, '');
  expect(await readAsset(URL_OF_ASSET)).toEqual(EMPTY_MODULE);
});

it('takes no error page for a module', async () => {
  answer(404, 'application/wasm');
  await expect(compileModule(URL_OF_ASSET)).rejects.toThrow('404');
});
