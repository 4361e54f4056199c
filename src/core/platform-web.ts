/** How a browser reads a file that ships beside a module. Chosen by `#platform` in package.json. */
import { UsageError } from '../errors.js';

/** The bytes at `url`, which is `new URL('./name', import.meta.url)`. */
export async function readAsset(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new UsageError(
      `${url.href} answers ${response.status}: the .wasm files of vmexit must be served beside its modules`,
    );
  }
  return new Uint8Array(await response.arrayBuffer());
}
