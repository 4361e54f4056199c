/**
 * A guest in real mode from bytes: code at 600h, an interrupt vector table whose handlers report what they caught,
 * interrupts off, one page touched at a time.
 */
import type { LoadedGuest } from '../../src/loader/image.js';
import { loadGuest } from '../../src/loader/detect.js';

export const CODE = 0x600;
/** The NMI handler. */
export const NMI_HANDLER = 0x500;
/** Other handlers, 40h bytes each. */
const HANDLERS = 0x1000;
const HANDLER_BYTES = 0x40;
const VECTORS = 32;
const IMAGE_BYTES = 0x2000;
/** A word that `COUNT_NMI` increments. In the image's first page, as all data of these guests. */
export const NMI_COUNT = 0x700;
/** In a page that no guest has touched before it says so. */
export const COLD_PAGE = 0x5000;
/** Exit status of a guest that took an exception it has no handler for: 80h and the vector. */
export const UNEXPECTED = 0x80;
export const MEMORY_BYTES = 0x10_0000;

export interface RealModeGuest {
  readonly main: readonly number[];
  readonly nmi?: readonly number[];
  readonly handlers?: Readonly<Record<number, readonly number[]>>;
}

/** push ax; pop ax: maps the stack's page, so that no delivery is the first to touch it. */
export const WARM_STACK = [0x50, 0x58];
export const STI = [0xfb];
export const CLI = [0xfa];
export const HLT = [0xf4];
export const IRET = [0xcf];
/** inc word [NMI_COUNT] */
export const COUNT_NMI = [0xff, 0x06, NMI_COUNT & 0xff, NMI_COUNT >> 8];
/** mov ax, [COLD_PAGE] */
export const TOUCH_COLD_PAGE = [0xa1, COLD_PAGE & 0xff, COLD_PAGE >> 8];

export function nops(count: number): number[] {
  return new Array<number>(count).fill(0x90);
}

/** mov al, status; out 0F4h, al */
export function exit(status: number): number[] {
  return [0xb0, status, 0xe6, 0xf4];
}

/** mov cx, count; here: dec cx; jnz here: 1 + 2·count instructions. */
export function spin(count: number): number[] {
  return [0xb9, count & 0xff, count >> 8, 0x49, 0x75, 0xfd];
}

/** mov eax, call; mov ebx, argument; vmmcall */
export function hypercall(call: number, argument: number): number[] {
  return [0x66, 0xb8, ...dword(call), 0x66, 0xbb, ...dword(argument), 0x0f, 0x01, 0xd9];
}

export function dword(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

/** The image, loaded. By default the NMI handler counts and returns. */
export function realModeGuest({
  main,
  nmi = [...COUNT_NMI, ...IRET],
  handlers = {},
}: RealModeGuest): LoadedGuest {
  const image = new Uint8Array(IMAGE_BYTES);
  const ivt = new DataView(image.buffer);
  for (let vector = 0; vector < VECTORS; vector++) {
    const address = vector === 2 ? NMI_HANDLER : HANDLERS + vector * HANDLER_BYTES;
    ivt.setUint32(vector * 4, address, true);
    image.set(vector === 2 ? nmi : (handlers[vector] ?? exit(UNEXPECTED + vector)), address);
  }
  image.set(main, CODE);
  return loadGuest(image, { memoryBytes: MEMORY_BYTES, format: 'flat', bits: 16, load: 0, entry: CODE });
}
