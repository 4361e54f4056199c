/** The vector registers and temporaries; abi/vector-register.ts says which is which. */
import { VECTOR_SHIFT } from './abi/vector-register';

const FILE = <u32>memory.data(20 * 32, 32);

/** Where the registers are: 20 of 32 bytes. */
export const VECTOR_FILE_ADDRESS: u32 = FILE;

/** Wasm address of vector register `number`. */
export function vectorAddress(number: u32): u32 {
  return FILE + (number << VECTOR_SHIFT);
}

/** Clears bits 255:128 of the vector register at `address`. */
export function clearUpperHalf(address: u32): void {
  v128.store(address, i64x2.splat(0), 16);
}

/** RESET clears every register; INIT does not (APM vol 2 Table 14-1). */
export function resetVectorFile(): void {
  memory.fill(FILE, 0, 20 * 32);
}
