/**
 * The processor core: the one place that knows it is WebAssembly.
 *
 * The host makes one memory of fixed size, so views of it stay valid for the core's whole life.
 */
import { instantiateSync } from '@assemblyscript/loader';
import { Layout } from '../../assembly/abi/layout.js';
import type { Stop } from '../../assembly/abi/stop.js';
import type { Transfer } from '../../assembly/abi/transfer.js';
import type { EventType } from '../../assembly/abi/vector.js';
import { MemoryRangeError, UsageError } from '../errors.js';
import { type CpuidResult, type CpuidRow, encodeCpuidRows } from './cpuid-row.js';
import { compileBinary } from './compiled-asset.js';
import { StateView } from './state-view.js';

const WASM_PAGE = 0x10000;
const PAGE = 4096;
/** Wasm memories have at most 65,536 pages. */
const MOST_WASM_PAGES = 65536;

/** The functions that the core exports (assembly/index.ts). */
interface CoreExports {
  readonly STATE_ADDRESS: WebAssembly.Global;
  readonly VECTOR_FILE_ADDRESS: WebAssembly.Global;
  readonly X87_REGISTERS_ADDRESS: WebAssembly.Global;
  readonly NMI_FRAMES_ADDRESS: WebAssembly.Global;
  readonly NMI_FRAMES_BYTES: WebAssembly.Global;
  readonly HOST_SAVE_AREA_ADDRESS: WebAssembly.Global;
  readonly GUEST_IMAGE_ADDRESS: WebAssembly.Global;
  readonly X87_RESULT_TOP_ADDRESS: WebAssembly.Global;
  readonly TLB_ADDRESS: WebAssembly.Global;
  readonly TLB_BYTES: WebAssembly.Global;
  readonly TLB_ENTRY_BYTES: WebAssembly.Global;
  readonly TLB_ENTRY_ADDEND: WebAssembly.Global;
  readonly FETCH_CACHE_ADDRESS: WebAssembly.Global;
  readonly TLB_CONTEXT_ADDRESS: WebAssembly.Global;
  readonly TLB_CONTEXT_BYTES: WebAssembly.Global;
  readonly HASH_BUFFER_ADDRESS: WebAssembly.Global;
  hashBytes(address: number, bytes: number, seed: bigint): bigint;
  isZero(address: number, bytes: number): number;
  readonly CPUID_TABLE_ADDRESS: WebAssembly.Global;
  readonly CPUID_TABLE_CAPACITY: WebAssembly.Global;
  readonly CPUID_ANSWER_ADDRESS: WebAssembly.Global;
  setCpuidRowCount(count: number): void;
  answerCpuid(leaf: number, subleaf: number): void;
  xcr0Bits(): bigint;
  setXcr0(value: bigint): number;
  initializeX87(): void;
  updateMode(): void;
  reset(): void;
  rflags(): bigint;
  setRflags(value: bigint): void;
  x87StatusWord(): number;
  setX87StatusWord(word: number): void;
  setX87ControlWord(word: number): void;
  x87TagWord(): number;
  setX87TagWord(word: number): void;
  flushTlb(): void;
  flushFetchCache(): void;
  flushNestedTlb(): void;
  translationsReplaced(): void;
  protectPages(): void;
  trackingFlags(): number;
  touchPage(physical: number): void;
  commitBlock(
    physical: number,
    mode: number,
    instructions: number,
    uops: number,
    bytes: number,
    secondPage: number,
  ): number;
  dropAllCode(): void;
  initializeMemory(memoryBytes: number): void;
  invalidateCode(physical: number, bytes: number): void;
  nextBlockUops(): number;
  pageHoldsCode(physicalPage: number): number;
  fetchNextPage(): number;
  refuseFetch(): void;
  run(): Stop;
  setTransientBlock(block: number): void;
  readonly table: WebAssembly.Table;
  readonly hotBlock: WebAssembly.Global;
  readonly isHotAgain: WebAssembly.Global;
  readonly MISSES_ADDRESS: WebAssembly.Global;
  readonly MISSES_COUNT: WebAssembly.Global;
  chooseExtent(linear: bigint, access: number): number;
  likelyExtent(uop: number, access: number): number;
  /** The micro-op that ran last. */
  readonly runningUop: WebAssembly.Global;
  readonly codeGeneration: WebAssembly.Global;
  readonly ENTRY_RIP_ADDRESS: WebAssembly.Global;
  readonly STALENESS_ADDRESS: WebAssembly.Global;
  readonly FLAG_CELLS_ADDRESS: WebAssembly.Global;
  readonly EXIT_BLOCK_ADDRESS: WebAssembly.Global;
  readonly EXTENTS_ADDRESS: WebAssembly.Global;
  setHotThreshold(executions: number): void;
  createRegion(entry: number, pageCount: number): number;
  setRegionPage(region: number, index: number, distance: number, physical: number): void;
  addRegionBlock(region: number, block: number): number;
  setRegionEntry(block: number, region: number): void;
  findDecoded(physical: number, mode: number): number;
  reviveBlock(physical: number, mode: number): number;
  probeFetch(linear: bigint): number;
  handlerInLevel(vector: number): bigint;
  compiledInterrupt(vector: number, returnRip: bigint): Transfer;
  compiledReturn(width: number): Transfer;
  deliverEvent(vector: number, type: EventType, hasCode: number, code: number): Stop;
  exitAtBoundary(code: number): void;
  loadGuest(vmcb: number): void;
  storeGuest(vmcb: number): void;
  clearTraps(): void;
  addBreakpoint(linear: bigint): number;
  addWatchpoint(first: bigint, bytes: number, accesses: number): number;
  trapDeliveries(): void;
  passBreakpoint(linear: bigint): void;
  trapKind(): number;
  trapAddress(): bigint;
  trapIndex(): number;
  trapIsWrite(): number;
  storeGuestImage(): void;
  loadGuestImage(): void;
  loadHiddenState(vmcb: number): void;
  storeHiddenState(vmcb: number): void;
}

export interface CoreOptions {
  /** Physical memory in bytes, a multiple of 4,096. */
  readonly memoryBytes: number;
  /** The compiled core, if the caller has it; else core.wasm is read from beside this module. */
  readonly module?: WebAssembly.Module;
  /** What CPUID answers; zeros for the rest. */
  readonly cpuid: readonly CpuidRow[];
  /** The bits of CR4 that exist. */
  readonly cr4Bits: number;
  /** Where the random numbers of RDRAND and RDSEED begin: 64 bits. */
  readonly seed: bigint;
}

/** What a function made at run time needs of the core. */
export interface FunctionLinkage {
  /** Module and names under which it imports the core's functions, beside `memory`. */
  readonly module: string;
  readonly names: readonly string[];
  /** Name under which its module exports it. */
  readonly exportName: string;
}

export class Core {
  /** The core's exports; call them through the engine and SVM, which know when. */
  readonly exports: CoreExports;
  readonly state: StateView;
  /** All of the core's memory. */
  readonly bytes: Uint8Array;
  /** Physical memory: index = physical address. Writes must be followed by `exports.invalidateCode`. */
  readonly memory: Uint8Array;
  /** Physical memory, for wider accesses. */
  readonly words: DataView;
  /** YMM0 to YMM15, 32 bytes each. */
  readonly vectorRegisters: Uint8Array;
  /** The physical x87 registers, 16 bytes each: significand (8), sign and exponent (2), unused (6). */
  readonly x87Registers: Uint8Array;

  /** Called before a page changes whose tracking flag is set (assembly/page-tracking.ts). */
  onTouch: (number: number) => void = () => {};

  /** What functions made at run time can import. */
  readonly #linkable: WebAssembly.ModuleImports;

  private constructor(
    exports: CoreExports & WebAssembly.Exports,
    memory: WebAssembly.Memory,
    { memoryBytes, cpuid, cr4Bits, seed }: CoreOptions,
  ) {
    this.exports = exports;
    this.#linkable = { ...exports, memory };
    exports.initializeMemory(memoryBytes);
    this.state = new StateView(memory.buffer, exports.STATE_ADDRESS.value as number, exports);
    const base = this.state.get('memoryBase');
    this.bytes = new Uint8Array(memory.buffer);
    this.memory = new Uint8Array(memory.buffer, base, memoryBytes);
    this.words = new DataView(memory.buffer, base, memoryBytes);
    this.vectorRegisters = new Uint8Array(
      memory.buffer,
      exports.VECTOR_FILE_ADDRESS.value as number,
      16 * 32,
    );
    this.x87Registers = new Uint8Array(memory.buffer, exports.X87_REGISTERS_ADDRESS.value as number, 8 * 16);
    this.state.setNum('cr4Bits', cr4Bits);
    this.state.setBig('randomState', seed);
    this.identify(cpuid);
    exports.reset();
  }

  /** Makes a core in its reset state. */
  static async create(options: CoreOptions): Promise<Core> {
    const memory = allocate(options.memoryBytes);
    const source = options.module ?? (await compileBinary('core'));
    // The loader's asynchronous function asks whether it got a Response, for which Node loads all of fetch: 20 ms.
    const made: { core?: Core } = {};
    const preserve = (number: number): void => made.core?.onTouch(number);
    const { instance } = instantiateSync(source, { env: { memory }, 'page-tracking': { preserve } });
    // Not the loader's wrappers, which are JavaScript: a call through one costs ten times as much.
    made.core = new Core(instance.exports as unknown as CoreExports & WebAssembly.Exports, memory, options);
    return made.core;
  }

  /** Makes CPUID answer from `rows`, and zeros for the rest. */
  identify(rows: readonly CpuidRow[]): void {
    const { exports } = this;
    const capacity = exports.CPUID_TABLE_CAPACITY.value as number;
    if (rows.length > capacity)
      throw new UsageError(`CPUID has room for ${capacity} rows, got ${rows.length}`);
    const address = exports.CPUID_TABLE_ADDRESS.value as number;
    this.bytes.set(new Uint8Array(encodeCpuidRows(rows).buffer), address);
    exports.setCpuidRowCount(rows.length);
  }

  /** What CPUID answers now, without an instruction. */
  cpuid(leaf: number, subleaf: number): CpuidResult {
    const { exports, words } = this;
    exports.answerCpuid(leaf, subleaf);
    const answer = new DataView(words.buffer, exports.CPUID_ANSWER_ADDRESS.value as number, 16);
    const [eax, ebx, ecx, edx] = [0, 4, 8, 12].map((at) => answer.getUint32(at, true));
    return { eax: eax!, ebx: ebx!, ecx: ecx!, edx: edx! };
  }

  /** Copies `bytes` bytes of physical memory. */
  read(address: number, bytes: number): Uint8Array {
    this.#checkRange(address, bytes);
    return this.memory.slice(address, address + bytes);
  }

  /** Writes physical memory and drops what was decoded from it. */
  write(address: number, bytes: Uint8Array): void {
    this.#checkRange(address, bytes.length);
    this.touch(address, bytes.length);
    this.memory.set(bytes, address);
    this.invalidate(address, bytes.length);
  }

  /** Drops blocks decoded from a range of physical memory that the host has changed. */
  invalidate(address: number, bytes: number): void {
    const end = address + bytes;
    for (let at = address; at < end; at = at - (at % PAGE) + PAGE) {
      this.exports.invalidateCode(at, Math.min(end - at, PAGE - (at % PAGE)));
    }
  }

  /** Says that a range of physical memory is about to change: whoever writes it otherwise than by `write` says so first. */
  touch(address: number, bytes: number): void {
    for (let page = address - (address % PAGE); page < address + bytes; page += PAGE)
      this.exports.touchPage(page);
  }

  /** Functions in the core's table. */
  get functionCount(): number {
    return this.exports.table.length;
  }

  /** Puts the function that a module exports into the core's table, at `index`; the table grows as needed. */
  setFunction(index: number, module: Uint8Array<ArrayBuffer>, linkage: FunctionLinkage): void {
    const { table } = this.exports;
    const imports: WebAssembly.ModuleImports = { memory: this.#linkable['memory']! };
    for (const name of linkage.names) imports[name] = this.#linkable[name]!;
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module), { [linkage.module]: imports });
    if (index >= table.length) table.grow(index + 1 - table.length);
    table.set(index, instance.exports[linkage.exportName]);
  }

  #checkRange(address: number, bytes: number): void {
    const isInside = Number.isInteger(address) && address >= 0 && address + bytes <= this.memory.length;
    if (!isInside) throw new MemoryRangeError(address, bytes, this.memory.length);
  }
}

/** The core's memory. The host may not have the room, or the address space: engines reserve far more than the size. */
function allocate(memoryBytes: number): WebAssembly.Memory {
  const pages = wasmPages(memoryBytes);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UsageError(`no room for ${memoryBytes} bytes of memory: ${cause.message}`, { cause });
  }
}

/** Wasm pages for the core and `memoryBytes` of physical memory (abi/layout.ts). */
function wasmPages(memoryBytes: number): number {
  if (!Number.isInteger(memoryBytes) || memoryBytes < PAGE || memoryBytes % PAGE !== 0) {
    throw new UsageError(`memory must be a multiple of ${PAGE} bytes, got ${memoryBytes}`);
  }
  const maps = (memoryBytes / PAGE) * Layout.MapBytesPerPage + 8 + Layout.TlbChunks + Layout.FetchChunks;
  const overhead =
    Layout.StaticBytes + Layout.BlockBytes + Layout.RegionBytes + maps + Layout.MemoryAlignment;
  const pages = Math.ceil((overhead + memoryBytes) / WASM_PAGE);
  if (pages > MOST_WASM_PAGES) {
    throw new UsageError(`memory of ${memoryBytes} bytes is too much: at most about 3.9 GiB fit`);
  }
  return pages;
}
