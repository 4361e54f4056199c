/** WebAssembly modules that ship beside ours: each is read and compiled once, however many machines there are. */
import { readAsset } from '#platform';

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** The module at `url`, which is `new URL('./name.wasm', import.meta.url)`. A failure is not remembered. */
export function compileAsset(url: URL): Promise<WebAssembly.Module> {
  const known = modules.get(url.href);
  if (known !== undefined) return known;
  const module = readAsset(url).then((bytes) => WebAssembly.compile(bytes));
  modules.set(url.href, module);
  module.catch(() => modules.delete(url.href));
  return module;
}
