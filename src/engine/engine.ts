/**
 * The core plus the decoder: runs until somebody outside must know.
 *
 * The core returns for every block that it has not seen; the engine decodes it and goes on.
 */
import { NO_PAGE } from '../../assembly/abi/layout.js';
import { Mode } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import { Stop } from '../../assembly/abi/stop.js';
import { UOP_BYTES } from '../../assembly/abi/uop.js';
import { compileBinary } from '../core/compiled-asset.js';
import { Core, type CoreOptions } from '../core/core.js';
import { Compiler } from '../jit/compiler.js';
import type { Reach } from '../jit/reach.js';
import { BlockDecoder, type DecodedBlock } from '../decode/block-decoder.js';
import { cpuModel, type CpuOption, DEFAULT_CPU } from '../decode/cpu-models.js';
import { UsageError } from '../errors.js';
import { cpuidRows, cr4Bits } from './identification.js';

const PAGE = 4096;
/** The architectural limit on an instruction (APM vol 3 §1.2). */
const LONGEST_INSTRUCTION = 15;
const MOST_INSTRUCTIONS = 64;
/** What a fetch from where there is no memory reads. */
const FLOATING_BUS = new Uint8Array(LONGEST_INSTRUCTION + 1).fill(0xff);

/** Where random numbers begin unless the caller says. */
const DEFAULT_SEED = 1n;

export interface EngineOptions extends Pick<CoreOptions, 'memoryBytes' | 'module'> {
  /** The processor model; the fullest unless given. */
  readonly cpu?: CpuOption | undefined;
  /** Of the random numbers of RDRAND and RDSEED: 0 to 2^64 - 1; 1 unless given. */
  readonly seed?: number | bigint | undefined;
  /** Compile hot code; else interpret everything. Results are the same. */
  readonly jit?: boolean | undefined;
  /** Executions of a block after which it is compiled; if not given, it also depends on what is compiled with it. */
  readonly hotThreshold?: number;
  /** What compiled code does at first where its fast path does not; it leaves unless given. */
  readonly reach?: Reach;
}

export class Engine {
  readonly #joined = new Uint8Array(2 * LONGEST_INSTRUCTION);

  readonly #compiler: Compiler | undefined;

  private constructor(
    readonly core: Core,
    readonly decoder: BlockDecoder,
    { jit = true, hotThreshold, reach }: EngineOptions,
  ) {
    if (jit) this.#compiler = new Compiler(core, hotThreshold, reach);
  }

  static async create(options: EngineOptions): Promise<Engine> {
    const { cpu = DEFAULT_CPU, seed = DEFAULT_SEED, ...memory } = options;
    const { features } = cpuModel(cpu);
    const coreOptions = {
      ...memory,
      cpuid: cpuidRows(features),
      cr4Bits: cr4Bits(features),
      seed: toSeed(seed),
    };
    const [core, iced] = await Promise.all([Core.create(coreOptions), compileBinary('iced')]);
    return new Engine(core, BlockDecoder.of(iced, features), options);
  }

  /** Runs until the clock reaches the state's `deadline` or the core must report something else. */
  run(): Exclude<Stop, Stop.DecodeMiss | Stop.Hot> {
    for (;;) {
      const stop = this.core.exports.run();
      if (stop === Stop.DecodeMiss) this.#decode();
      else if (stop === Stop.Hot) this.#compiler?.compileHotBlock();
      else return stop;
    }
  }

  /** Decodes the block that the core misses, or leaves the fault that its fetch raises pending. */
  #decode(): void {
    const { state, memory } = this.core;
    const physical = state.get('missPhysical');
    const mode = state.get('missMode');
    if (physical === NO_PAGE) return this.#decodeFloatingBus(mode);
    const room = this.#bytesToLimit(mode);
    const inPage = PAGE - (physical % PAGE);
    const block = this.decoder.decode(memory, physical, Math.min(inPage, room), mode, MOST_INSTRUCTIONS);
    if (!block.needsMoreBytes) return this.#commit(block, physical, mode, NO_PAGE);
    if (room <= inPage) return this.core.exports.refuseFetch();
    this.#decodeAcrossPages(physical, mode, inPage, room);
  }

  /** The first instruction runs into the next page, which is elsewhere in physical memory or may fault. */
  #decodeAcrossPages(physical: number, mode: number, inPage: number, room: number): void {
    const { exports, memory, state } = this.core;
    const second = exports.fetchNextPage();
    if (state.get('pending') !== 0) return;
    this.#joined.set(memory.subarray(physical, physical + inPage));
    if (second === NO_PAGE) this.#joined.fill(0xff, inPage);
    else this.#joined.set(memory.subarray(second, second + LONGEST_INSTRUCTION), inPage);
    const available = Math.min(inPage + LONGEST_INSTRUCTION, room);
    const block = this.decoder.decode(this.#joined, 0, available, mode, 1);
    if (block.needsMoreBytes) return exports.refuseFetch();
    // The code cache has one range a page of a block: one that ends in the page it begins in is not kept.
    const isSamePage = Math.floor(second / PAGE) === Math.floor(physical / PAGE);
    if (second === NO_PAGE || isSamePage) return this.#runOnce(block, mode);
    this.#commit(block, physical, mode, second);
  }

  /** Code where there is no memory: all ones, never cached. */
  #decodeFloatingBus(mode: number): void {
    this.#runOnce(this.decoder.decode(FLOATING_BUS, 0, LONGEST_INSTRUCTION, mode, 1), mode);
  }

  #runOnce(block: DecodedBlock, mode: number): void {
    const { exports } = this.core;
    this.#writeUops(block);
    exports.setTransientBlock(
      exports.commitBlock(NO_PAGE, mode, block.instructionCount, block.uopCount, block.byteLength, NO_PAGE),
    );
  }

  #commit(block: DecodedBlock, physical: number, mode: number, secondPage: number): void {
    this.#writeUops(block);
    this.core.exports.commitBlock(
      physical,
      mode,
      block.instructionCount,
      block.uopCount,
      block.byteLength,
      secondPage,
    );
  }

  #writeUops(block: DecodedBlock): void {
    const target = this.core.exports.nextBlockUops();
    this.core.bytes.set(block.uops.subarray(0, block.uopCount * UOP_BYTES), target);
  }

  /** Bytes from RIP to the end of the code segment; it has none in 64-bit mode and none that matters in flat modes. */
  #bytesToLimit(mode: number): number {
    if ((mode & Mode.Flat) !== 0) return Number.MAX_SAFE_INTEGER;
    const { state } = this.core;
    return state.segment(Seg.Cs).limit - state.num('rip') + 1;
  }
}

function toSeed(seed: number | bigint): bigint {
  const isWhole = typeof seed === 'bigint' || Number.isSafeInteger(seed);
  if (!isWhole || BigInt.asUintN(64, BigInt(seed)) !== BigInt(seed))
    throw new UsageError(`a seed is a whole number of 64 bits, not ${seed}`);
  return BigInt(seed);
}
