/** Files that ship beside our modules: read, and the two binaries compiled once, however many machines there are. */
import { coreUrl, icedUrl } from '../binaries.js';
import { UsageError } from '../errors.js';
import { compileModule, readAsset as read } from './asset-reader.js';

/** The processor's core, and iced-x86. */
export type BinaryName = 'core' | 'iced';

/** Where a binary comes from: its address, its bytes, or what `WebAssembly.compile` made of them. */
export type BinarySource = string | URL | ArrayBuffer | Uint8Array<ArrayBuffer> | WebAssembly.Module;

/** Called when a binary is needed: without `import.meta`, in some bundles, there is no address to ask for. */
const ADDRESSES: Readonly<Record<BinaryName, () => URL>> = { core: coreUrl, iced: icedUrl };
/** As Chromium and Firefox say that a content security policy allows no WebAssembly. */
const FORBIDDEN = /Content Security Policy|\bCSP\b|unsafe-eval/i;
const sources = new Map<BinaryName, BinarySource>();
const modules = new Map<BinaryName, Promise<WebAssembly.Module>>();

/**
 * Says where the two WebAssembly binaries come from, `vmexit/core.wasm` and `vmexit/iced.wasm`, where that is not beside
 * vmexit's modules: another address, or bytes that a bundler put into the program. Call it before anything is made.
 */
export function useBinaries(binaries: Partial<Readonly<Record<BinaryName, BinarySource>>>): void {
  for (const name of Object.keys(ADDRESSES) as BinaryName[]) {
    const source = binaries[name];
    if (source === undefined) continue;
    sources.set(name, source);
    modules.delete(name);
  }
}

/** A binary, compiled. A failure is not remembered. */
export function compileBinary(name: BinaryName): Promise<WebAssembly.Module> {
  const known = modules.get(name);
  if (known !== undefined) return known;
  const module = compile(name);
  modules.set(name, module);
  module.catch(() => modules.delete(name));
  return module;
}

/** The bytes at `url`. */
export function readAsset(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  return read(url).catch((cause: unknown) => fail(url, cause));
}

async function compile(name: BinaryName): Promise<WebAssembly.Module> {
  const source = sources.get(name) ?? ADDRESSES[name]();
  if (source instanceof WebAssembly.Module) return source;
  if (typeof source === 'string' || source instanceof URL) {
    const url = new URL(source, globalThis.location?.href);
    return compileModule(url).catch((cause: unknown) => fail(url, cause));
  }
  return WebAssembly.compile(source).catch((cause: unknown) => {
    throw new UsageError(`the bytes given for ${name}.wasm are not WebAssembly: ${messageOf(cause)}`, {
      cause,
    });
  });
}

function fail(url: URL, cause: unknown): never {
  throw new UsageError(
    `cannot load ${url.href}, which must be served beside vmexit's modules: ${messageOf(cause)}`,
    { cause },
  );
}

function messageOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return FORBIDDEN.test(message) ? `${message}. A policy needs script-src 'wasm-unsafe-eval'` : message;
}
