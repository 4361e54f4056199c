/**
 * Physical memory at the start of a case: descriptor tables, page tables, task states and handlers that work, with some
 * entries at random, and random data.
 *
 * Most handlers skip one byte of the code that faulted and return, so that random bytes run on for a while.
 */
import { WINDOW_ADDRESS } from '../silicon/layout.js';
import type { Random } from '../silicon/random.js';
import * as At from './layout.js';
import { Selector } from './layout.js';
import type { Mode } from './modes.js';

const PRESENT_WRITE_USER = 7n;
const PAGE = 4096;
const LARGE_PAGE = 0x20_0000;
const LEGACY_LARGE_PAGE = 0x40_0000;
const DESCRIPTORS = 128;
/** Faults that push an error code: #DF, #TS, #NP, #SS, #GP, #PF, #AC. */
const WITH_CODE: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17]);

/** What increments the return address and returns, with an error code and without. */
const SKIP = {
  real: [bytes('5589e5ff46025dcf'), bytes('5589e5ff46025dcf')], // push bp; mov bp, sp; inc word [bp+2]; pop bp; iret
  protected: [bytes('83c404ff0424cf'), bytes('ff0424cf')], // add esp, 4; inc dword [esp]; iret
  long: [bytes('4883c40848ff042448cf'), bytes('48ff042448cf')], // add rsp, 8; inc qword [rsp]; iretq
} as const;
/** Jumps forward and back, as far as two bytes can, wherever among them one lands. */
const JUMP_ON = bytes('eb7e');
const JUMP_BACK = bytes('eb80');

export function writeImage(memory: Buffer, mode: Mode, random: Random): void {
  const words = new DataView(memory.buffer, memory.byteOffset);
  memory.fill(0);
  for (let at = At.DATA; at < At.DATA + At.DATA_BYTES; at += 4) words.setUint32(at, random.u32(), true);
  for (let at = At.CODE + At.CODE_ROOM; at < At.DATA; at += 4) words.setUint32(at, random.u32(), true);
  writeHandlers(memory, mode);
  writeDescriptors(words, mode, random);
  if (mode.kind === 'real' || mode.kind === 'v86') writeVectors(words, mode, random);
  writeGates(words, mode, random);
  writeTaskStates(words, mode, random);
  writePageTables(words, random);
  for (let at = At.IOPM; at < At.MSRPM + 2 * PAGE; at += 4)
    words.setUint32(at, random.u32() & random.u32(), true);
}

/** The code of a case. */
export function writeCode(memory: Buffer, code: Uint8Array): void {
  memory.fill(JUMP_BACK, At.CODE, At.CODE + At.CODE_ROOM);
  memory.set(code, At.CODE);
}

/** One for each exception; those of interrupts share them. */
function writeHandlers(memory: Buffer, { kind }: Mode): void {
  const [withCode, without] = SKIP[kind === 'v86' ? 'protected' : kind];
  memory.fill(JUMP_ON, At.HANDLERS, At.CODE);
  for (let vector = 0; vector < 32; vector++)
    memory.set(WITH_CODE.has(vector) ? withCode : without, At.HANDLERS + vector * At.HANDLER_BYTES);
  memory.set(SKIP.real[0], At.HANDLERS + 32 * At.HANDLER_BYTES);
}

/** The vector table of real mode and of v86 under VME: to a handler that skips, or into the code. */
function writeVectors(words: DataView, { kind }: Mode, random: Random): void {
  const handler = At.HANDLERS + (kind === 'real' ? 0 : 32 * At.HANDLER_BYTES);
  for (let vector = 0; vector < 256; vector++) {
    const isHandled = random.chance(0.9);
    const target = isHandled ? (handler >> 4) << 16 : ((At.CODE >> 4) << 16) | random.below(0x100);
    words.setUint32(At.VECTORS + 4 * vector, target, true);
  }
}

/** Type and size bits of descriptors (APM vol 2 §4.7): base 0 or `CODE`, limit FFFFFh in bytes or pages. */
function writeDescriptors(words: DataView, mode: Mode, random: Random): void {
  const flat = (type: number, size: number) =>
    (BigInt(size) << 52n) | (BigInt(type) << 40n) | 0xf_0000_0000_ffffn;
  const small = (type: number) => (BigInt(type) << 40n) | (BigInt(At.CODE) << 16n) | 0xffffn;
  const system = (type: number, base: number, limit: number) =>
    (BigInt(type) << 40n) | (BigInt(base) << 16n) | BigInt(limit);
  // prettier-ignore
  const entries = [
    0n, flat(0x9b, 0xa), flat(0x9b, 0xc), small(0x9b), mode.bits === 16 ? small(0x93) : flat(0x93, 0xc),
    flat(0xfb, 0xa), flat(0xfb, 0xc), small(0xfb), mode.bits === 16 ? small(0xf3) : flat(0xf3, 0xc),
    system(0x82, At.LDT, 0x3ff), 0n, system(0x8b, At.TSS, 0xfff), 0n, system(0x89, At.OTHER_TSS, 0xfff), 0n,
  ];
  for (let i = 0; i < DESCRIPTORS; i++) {
    words.setBigUint64(At.GDT + 8 * i, entries[i] ?? randomDescriptor(random), true);
    words.setBigUint64(At.LDT + 8 * i, randomDescriptor(random), true);
  }
}

/** Any present descriptor, of any type and level, that leads somewhere into memory. */
function randomDescriptor(random: Random): bigint {
  if (random.chance(0.1)) return random.u64();
  const type = BigInt(0x80 | random.below(0x80));
  const selector = BigInt(random.below(0x90));
  if (random.chance(0.4))
    return (type << 40n) | (selector << 16n) | BigInt(At.HANDLERS + random.below(0x2000)); // gates
  const size = BigInt(random.below(16));
  const base = BigInt(random.below(At.MEMORY_BYTES));
  return (size << 52n) | (type << 40n) | (base << 16n) | BigInt(random.below(0x10000));
}

function writeGates(words: DataView, mode: Mode, random: Random): void {
  const isLong = mode.kind === 'long';
  for (let vector = 0; vector < 256; vector++) {
    const at = At.IDT + vector * (isLong ? 16 : 8);
    if (at >= At.GDT) break;
    const dpl = random.chance(0.7) ? 0x60 : 0;
    const type = random.chance(0.7) ? 0x8e : 0x8f;
    const target = At.HANDLERS + (vector % 32) * At.HANDLER_BYTES;
    const selector = isLong ? Selector.Code64 : Selector.Code32;
    let gate = (BigInt(type | dpl) << 40n) | (BigInt(selector) << 16n) | BigInt(target);
    // An interrupt stack of their own keeps handlers alive when the code has spoilt RSP.
    if (isLong && random.chance(0.9)) gate |= 1n << 32n;
    if (random.chance(0.06)) gate = randomDescriptor(random);
    words.setBigUint64(at, gate, true);
  }
}

/** 32-bit TSSs, or 64-bit ones in long mode; the bitmap of ports is at 200h, and at 100h that of interrupts for VME. */
function writeTaskStates(words: DataView, mode: Mode, random: Random): void {
  const isLong = mode.kind === 'long';
  for (const tss of [At.TSS, At.OTHER_TSS]) {
    if (isLong) {
      for (let level = 0; level < 3; level++)
        words.setBigUint64(tss + 4 + 8 * level, BigInt(At.HANDLER_STACK), true);
      for (let n = 0; n < 7; n++) words.setBigUint64(tss + 0x24 + 8 * n, BigInt(At.INTERRUPT_STACK), true);
    } else {
      words.setUint32(tss + 4, At.HANDLER_STACK, true);
      words.setUint32(tss + 8, mode.bits === 16 ? Selector.Random : Selector.Data, true);
    }
    words.setUint16(tss + 0x66, 0x200, true);
    for (let at = tss + 0x1e0; at < tss + 0x400; at += 4)
      words.setUint32(at, random.u32() & random.u32(), true);
  }
  // A flat stack for handlers, where `Data` is not: v86 and 16-bit tasks.
  words.setBigUint64(At.GDT + Selector.Random, 0x00cf_9300_0000_ffffn, true);
  words.setUint32(At.OTHER_TSS + 0x1c, mode.bits === 64 ? 0 : At.PAE_POINTERS, true);
  words.setUint32(At.OTHER_TSS + 0x20, At.CODE, true);
  words.setUint32(At.OTHER_TSS + 0x24, 2, true);
  words.setUint32(At.OTHER_TSS + 0x38, At.STACK, true);
  for (const offset of [0x48, 0x50, 0x54, 0x58, 0x5c])
    words.setUint32(At.OTHER_TSS + offset, Selector.Random, true);
  words.setUint32(At.OTHER_TSS + 0x4c, Selector.Code32, true);
}

/** Memory mapped to itself, and the window of the silicon oracle's snippets to the data; a few pages are restricted. */
function writePageTables(words: DataView, random: Random): void {
  const entry = (table: number, index: number, value: number | bigint) =>
    words.setBigUint64(table + 8 * index, BigInt(value) | PRESENT_WRITE_USER, true);
  entry(At.PML4, 0, At.POINTERS);
  entry(At.POINTERS, 0, At.DIRECTORY);
  words.setBigUint64(At.PAE_POINTERS, BigInt(At.DIRECTORY | 1), true);
  for (let i = 0; i < 512; i++) entry(At.DIRECTORY, i, BigInt(i * LARGE_PAGE) | 0x80n);
  entry(At.DIRECTORY, 0, At.TABLE);
  entry(At.DIRECTORY, WINDOW_ADDRESS / LARGE_PAGE, At.WINDOW_TABLE);
  for (let page = 0; page < At.MEMORY_BYTES / PAGE; page++) {
    const restricted = page * PAGE >= At.DATA + PAGE && random.chance(0.15);
    const flags = restricted
      ? BigInt(random.below(8)) | (random.chance(0.3) ? 1n << 63n : 0n)
      : PRESENT_WRITE_USER;
    words.setBigUint64(At.TABLE + 8 * page, BigInt(page * PAGE) | flags, true);
    words.setUint32(At.LEGACY_TABLE + 4 * page, (page * PAGE) | Number(flags & 7n), true);
  }
  for (let i = 0; i < 512; i++)
    words.setUint32(At.LEGACY_DIRECTORY + 4 * i, ((i * LEGACY_LARGE_PAGE) | 0x87) >>> 0, true);
  words.setUint32(At.LEGACY_DIRECTORY, At.LEGACY_TABLE | 7, true);
  words.setUint32(
    At.LEGACY_DIRECTORY + 4 * (WINDOW_ADDRESS / LEGACY_LARGE_PAGE),
    At.LEGACY_WINDOW_TABLE | 7,
    true,
  );
  for (let page = 0; page < 2; page++) {
    entry(At.WINDOW_TABLE, page, At.DATA + page * PAGE);
    words.setUint32(At.LEGACY_WINDOW_TABLE + 4 * page, (At.DATA + page * PAGE) | 7, true);
  }
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}
