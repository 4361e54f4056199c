/** WebAssembly modules that ship beside ours: each is read and compiled once, however many machines there are. */
import { compileModule, readAsset as read } from '#platform';
import { UsageError } from '../errors.js';

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** The module at `url`. A failure is not remembered. */
export function compileAsset(url: URL): Promise<WebAssembly.Module> {
  const known = modules.get(url.href);
  if (known !== undefined) return known;
  const module = compileModule(url).catch((cause: unknown) => fail(url, cause));
  modules.set(url.href, module);
  module.catch(() => modules.delete(url.href));
  return module;
}

/** The bytes at `url`. */
export function readAsset(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  return read(url).catch((cause: unknown) => fail(url, cause));
}

function fail(url: URL, cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new UsageError(`cannot load ${url.href}, which must be served beside vmexit's modules: ${reason}`, {
    cause,
  });
}
