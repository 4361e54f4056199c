/**
 * The core's state as data: what must be kept to go on from here, in this core or in another of the same size.
 *
 * Neither translations nor decoded or compiled code are in it. They come again, and nothing that a guest can see depends
 * on when.
 */
import { VMCB_BYTES } from '../../assembly/abi/vmcb-layout.js';
import type { Core } from './core.js';

const PAGE = 4096;

/** A page of physical memory that is not all zeros. */
export interface MemoryPage {
  /** Its address, over 4,096. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

export interface CoreSnapshot {
  /** Fields of the state record by name. */
  readonly fields: Readonly<Record<string, bigint>>;
  /** YMM0 to YMM15. */
  readonly vectorRegisters: Uint8Array;
  /** The physical x87 registers, 16 bytes each. */
  readonly x87Registers: Uint8Array;
  /** Frames of the NMI handlers that are running. */
  readonly nmiFrames: Uint8Array;
  /** The host's state, while a guest is entered. */
  readonly hostSaveArea: Uint8Array;
  readonly pages: readonly MemoryPage[];
}

/** Of the machine and its model; or derived from the rest; or of no meaning between two instructions. */
const NOT_KEPT: ReadonlySet<string> = new Set([
  ...['memoryBytes', 'memoryBase', 'cr4Bits', 'faultingIretUnmasks'],
  ...['mode', 'tlbBank', 'attention'],
  ...['t0', 't1', 't2', 't3', 't4', 't5', 'address', 'address2', 'blockRip', 'zero'],
  ...['missLinear', 'missPhysical', 'missMode'],
]);

/** Whether a field of the state record is state, as a snapshot has it. */
export function isKept(field: string): boolean {
  return !NOT_KEPT.has(field);
}

/** The registers that are not in the state record, where they are. */
export function registerFiles(core: Core): Omit<CoreSnapshot, 'fields' | 'pages'> {
  const { vectorRegisters, x87Registers } = core;
  return { vectorRegisters, x87Registers, nmiFrames: nmiFrames(core), hostSaveArea: hostSaveArea(core) };
}

/** A copy of the state between two instructions. */
export function saveCore(core: Core): CoreSnapshot {
  const fields: Record<string, bigint> = {};
  for (const name of core.state.names()) if (isKept(name)) fields[name] = core.state.whole(name);
  const { vectorRegisters, x87Registers, nmiFrames, hostSaveArea } = registerFiles(core);
  return {
    fields,
    vectorRegisters: vectorRegisters.slice(),
    x87Registers: x87Registers.slice(),
    nmiFrames: nmiFrames.slice(),
    hostSaveArea: hostSaveArea.slice(),
    pages: usedPages(core.words),
  };
}

/** Whether a snapshot is of a core with as much memory. */
export function fitsCore(core: Core, snapshot: CoreSnapshot): boolean {
  const { vectorRegisters, x87Registers, pages } = snapshot;
  return (
    vectorRegisters.length === core.vectorRegisters.length &&
    x87Registers.length === core.x87Registers.length &&
    snapshot.nmiFrames.length === nmiFrames(core).length &&
    snapshot.hostSaveArea.length === VMCB_BYTES &&
    pages.every(({ number, bytes }) => bytes.length === PAGE && (number + 1) * PAGE <= core.memory.length)
  );
}

/**
 * Puts a state back. A field that the snapshot does not have, because it is older, stays as RESET leaves it; one that the
 * core does not have is ignored. The snapshot must fit.
 */
export function restoreCore(core: Core, snapshot: CoreSnapshot): void {
  core.exports.reset();
  for (const name of core.state.names()) {
    const value = snapshot.fields[name];
    if (value !== undefined && isKept(name)) core.state.setWhole(name, value);
  }
  core.vectorRegisters.set(snapshot.vectorRegisters);
  core.x87Registers.set(snapshot.x87Registers);
  nmiFrames(core).set(snapshot.nmiFrames);
  hostSaveArea(core).set(snapshot.hostSaveArea);
  core.memory.fill(0);
  for (const { number, bytes } of snapshot.pages) core.memory.set(bytes, number * PAGE);
  core.exports.dropAllCode();
  core.exports.flushTlb();
  core.exports.updateMode();
}

function nmiFrames({ bytes, exports }: Core): Uint8Array {
  const address = exports.NMI_FRAMES_ADDRESS.value as number;
  return bytes.subarray(address, address + (exports.NMI_FRAMES_BYTES.value as number));
}

function hostSaveArea({ bytes, exports }: Core): Uint8Array {
  const address = exports.HOST_SAVE_AREA_ADDRESS.value as number;
  return bytes.subarray(address, address + VMCB_BYTES);
}

function usedPages({ buffer, byteOffset, byteLength }: DataView): MemoryPage[] {
  const pages: MemoryPage[] = [];
  for (let number = 0; number < byteLength / PAGE; number++) {
    const start = byteOffset + number * PAGE;
    if (!isZero(new Uint32Array(buffer, start, PAGE / 4)))
      pages.push({ number, bytes: new Uint8Array(buffer.slice(start, start + PAGE)) });
  }
  return pages;
}

function isZero(words: Uint32Array): boolean {
  for (const word of words) if (word !== 0) return false;
  return true;
}
