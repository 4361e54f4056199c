/** The kernels: small 64-bit programs that never end, each of which keeps one part of the processor busy. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** From the root of the repository, where npm runs scripts. */
export const KERNELS_FOLDER = 'bench/kernels';
/** Where every kernel is loaded and entered. */
export const KERNEL_ADDRESS = 0x10_0000;

export const KERNEL_NAMES = ['alu-loop', 'sieve', 'memcpy', 'sort', 'calls'] as const;
export type KernelName = (typeof KERNEL_NAMES)[number];

export function readKernel(name: KernelName): Uint8Array {
  return readFileSync(join(KERNELS_FOLDER, `${name}.bin`));
}
