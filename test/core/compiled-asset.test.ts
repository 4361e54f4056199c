/** Binaries that are there, binaries from elsewhere, and binaries that are not there. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { coreUrl } from '../../src/binaries.js';
import { compileBinary, readAsset, useBinaries } from '../../src/core/compiled-asset.js';
import { UsageError } from '../../src/errors.js';

const NO_SUCH_FILE = new URL('no-such-file.wasm', coreUrl());

afterEach(() => {
  useBinaries({ core: coreUrl() });
});

it('compiles a binary once', async () => {
  expect(await compileBinary('core')).toBe(await compileBinary('core'));
});

it.each([
  ['an address', () => coreUrl()],
  ['an address as text', () => coreUrl().href],
  ['bytes', () => new Uint8Array(readFileSync(coreUrl()))],
  ['a buffer', () => new Uint8Array(readFileSync(coreUrl())).buffer],
])('takes %s, and leaves the other binary alone', async (_what, source) => {
  const [core, iced] = [await compileBinary('core'), await compileBinary('iced')];
  useBinaries({ core: source() });
  const other = await compileBinary('core');
  expect(other).not.toBe(core);
  expect(WebAssembly.Module.exports(other)).toEqual(WebAssembly.Module.exports(core));
  expect(await compileBinary('iced')).toBe(iced);
});

it('takes a module as it is', async () => {
  const core = await WebAssembly.compile(readFileSync(coreUrl()));
  useBinaries({ core });
  expect(await compileBinary('core')).toBe(core);
});

it.each([
  ['compiling', () => compileBinary('core')],
  ['reading', () => readAsset(NO_SUCH_FILE)],
])('%s what is not there is the mistake of whoever installed or served it', async (_what, load) => {
  useBinaries({ core: NO_SUCH_FILE });
  const error: unknown = await load().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  expect(error).toMatchObject({ message: expect.stringContaining(NO_SUCH_FILE.href) as string });
  await expect(load()).rejects.not.toBe(error);
});

it('names the binary whose bytes are something else', async () => {
  useBinaries({ core: new TextEncoder().encode('<!doctype html>') });
  await expect(compileBinary('core')).rejects.toThrow(/^the bytes given for core\.wasm are not WebAssembly/);
});
