/** Binaries that are there, and binaries that are not. */
import { expect, it } from 'vitest';
import { coreUrl } from '../../src/binaries.js';
import { compileAsset, readAsset } from '../../src/core/compiled-asset.js';
import { UsageError } from '../../src/errors.js';

it('compiles a binary once', async () => {
  expect(await compileAsset(coreUrl())).toBe(await compileAsset(coreUrl()));
});

it.each([
  ['compiling', compileAsset],
  ['reading', readAsset],
])('%s what is not there is the mistake of whoever installed or served it', async (_what, load) => {
  const url = new URL('no-such-file.wasm', coreUrl());
  const error: unknown = await load(url).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  expect(error).toMatchObject({ message: expect.stringContaining(url.href) as string });
  await expect(load(url)).rejects.not.toBe(error);
});
