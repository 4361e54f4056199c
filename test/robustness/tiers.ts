/**
 * One case in two ways: the same start, stopped at the same instruction, compared in everything that software can see.
 *
 * The first processor interprets. The second compiles what it can: flat 32- and 64-bit code. Of what is not compiled, and
 * sometimes else, the first executes one instruction at a time, so that there, too, the two do not do the same thing twice.
 * What either has decoded and compiled stays from case to case, as in a long-running machine, and must be dropped when the
 * memory that it came from changes.
 */
import { Stop } from '../../assembly/abi/stop.js';
import type { Core } from '../../src/core/core.js';
import { Engine } from '../../src/engine/engine.js';
import { Random } from '../silicon/random.js';
import type { CodeCase } from './code.js';
import { writeCode, writeImage } from './image.js';
import { MEMORY_BYTES } from './layout.js';
import type { Mode } from './modes.js';
import { start, startLike } from './start.js';

/** Executions after which a block is compiled: at once, or when it has proved hot. Compiling is most of the work. */
const THRESHOLDS = [1, 2, 4, 4, 8, 8, 8, 8, 16, 16, 16, 16];
/** Most instructions from one comparison to the next. */
const SLICES = [8, 8, 20, 20, 60, 200];
const PAGE = 4096;
/** Memory is compared in pieces of this size first, then in pages. */
const PIECE = 8 * PAGE;
/** Temporaries, scratch and caches of the core, which nothing outside can see; flags are compared as RFLAGS. */
const INTERNAL: ReadonlySet<string> = new Set([
  ...['blockRip', 'zero', 't0', 't1', 't2', 't3', 't4', 't5', 'address', 'address2', 'nextRip'],
  ...['flagResult', 'flagAux', 'tlbBank', 'missLinear', 'missPhysical', 'missMode', 'memoryBase'],
]);
const NARROW: ReadonlySet<string> = new Set(['flagAux', 'tlbBank', 'missPhysical', 'missMode', 'memoryBase']);

/** How the code is run: decided by a seed alone. */
interface Plan {
  /** Seed of registers, segments and control registers. */
  readonly registers: number;
  /** How many instructions are run from one comparison to the next. */
  readonly slices: readonly number[];
  /** The first processor stops after each instruction. */
  readonly isStepping: boolean;
}

/** A processor in one tier. */
class Tier {
  readonly #bytes: Buffer;

  constructor(readonly engine: Engine) {
    const { buffer, byteOffset, length } = this.core.memory;
    this.#bytes = Buffer.from(buffer, byteOffset, length);
  }

  get core(): Core {
    return this.engine.core;
  }

  /** Gives memory the contents of `image`, page by page where it differs. */
  restore(image: Uint8Array): void {
    for (let piece = 0; piece < MEMORY_BYTES; piece += PIECE) {
      if (this.#isLike(image, piece, PIECE)) continue;
      for (let page = piece; page < piece + PIECE; page += PAGE)
        if (!this.#isLike(image, page, PAGE)) this.core.write(page, image.subarray(page, page + PAGE));
    }
  }

  #isLike(image: Uint8Array, at: number, bytes: number): boolean {
    return this.#bytes.compare(image, at, at + bytes, at, at + bytes) === 0;
  }

  run(instructions: number): Stop {
    const { state } = this.core;
    state.setNum('deadline', state.num('clock') + instructions);
    return this.engine.run();
  }

  /** The same, one instruction, or one iteration, after the other. */
  step(instructions: number): Stop {
    const { state } = this.core;
    const end = state.num('clock') + instructions;
    for (;;) {
      const stop = this.run(1);
      if (stop === Stop.Budget && state.num('clock') < end) continue;
      state.setNum('deadline', end);
      return stop;
    }
  }
}

export class TierPair {
  readonly #ignored: ReadonlySet<number>;
  readonly #image = Buffer.alloc(MEMORY_BYTES);

  private constructor(
    private readonly interpreted: Tier,
    private readonly compiled: Tier,
  ) {
    const { state } = interpreted.core;
    this.#ignored = new Set(
      [...INTERNAL].flatMap((name) => [state.index(name), state.index(name) + (NARROW.has(name) ? 0 : 1)]),
    );
  }

  static async create(): Promise<TierPair> {
    const [interpreted, compiled] = await Promise.all([
      Engine.create({ memoryBytes: MEMORY_BYTES, jit: false }),
      Engine.create({ memoryBytes: MEMORY_BYTES, hotThreshold: 1 }),
    ]);
    return new TierPair(new Tier(interpreted), new Tier(compiled));
  }

  /** Forgets what earlier cases left, so that a batch is the same whatever came before it. */
  reset(): void {
    for (const { core } of [this.interpreted, this.compiled]) core.exports.dropAllCode();
  }

  /** New tables, page permissions, handlers and data for the cases that follow. */
  newSetting(mode: Mode, random: Random): void {
    writeImage(this.#image, mode, random);
    this.compiled.core.exports.setHotThreshold(random.pick(THRESHOLDS));
  }

  /** Runs the code both ways. Returns how it ended, or throws what was thrown; `difference` is '' if they agree. */
  run(mode: Mode, code: CodeCase, random: Random): { stop: Stop; difference: string } {
    const plan = newPlan(mode, random);
    const { interpreted, compiled } = this;
    writeCode(this.#image, code.bytes);
    interpreted.restore(this.#image);
    compiled.restore(this.#image);
    start(interpreted.core, mode, code, new Random(plan.registers));
    startLike(compiled.core, interpreted.core);
    let stop = Stop.None;
    for (const instructions of plan.slices) {
      stop = plan.isStepping ? interpreted.step(instructions) : interpreted.run(instructions);
      const other = compiled.run(instructions);
      if (other !== stop) return { stop, difference: `stop: ${Stop[stop]}, compiled ${Stop[other]}` };
      const difference = this.#compare();
      if (difference !== '' || stop !== Stop.Budget) return { stop, difference };
    }
    return { stop, difference: '' };
  }

  /** What differs, by name; '' if nothing does. */
  #compare(): string {
    const [a, b] = [this.interpreted.core, this.compiled.core];
    const differing: string[] = [];
    for (let i = 0; i < a.state.words.length; i++) {
      if (a.state.words[i] !== b.state.words[i] && !this.#ignored.has(i))
        differing.push(this.#describeWord(i));
    }
    const flags = [a.exports.rflags(), b.exports.rflags()];
    if (flags[0] !== flags[1]) differing.push(`rflags ${flags[0]!.toString(16)} ${flags[1]!.toString(16)}`);
    if (Buffer.compare(a.vectorRegisters, b.vectorRegisters) !== 0) differing.push('vector registers');
    if (Buffer.compare(a.x87Registers, b.x87Registers) !== 0) differing.push('x87 registers');
    if (Buffer.compare(a.memory, b.memory) !== 0) {
      const at = a.memory.findIndex((byte, i) => byte !== b.memory[i]);
      differing.push(`memory at ${at.toString(16)}h`);
    }
    return differing.join(', ');
  }

  #describeWord(index: number): string {
    const { state } = this.interpreted.core;
    const other = this.compiled.core.state;
    const names = state.names().filter((name) => state.index(name) <= index);
    const name = names.reduce((best, next) => (state.index(next) > state.index(best) ? next : best));
    const half = index - state.index(name);
    return `${name}${half > 0 ? `+${4 * half}` : ''} ${state.words[index]!.toString(16)} ${other.words[index]!.toString(16)}`;
  }
}

function newPlan(mode: Mode, random: Random): Plan {
  const most = random.pick(SLICES);
  const slices = Array.from({ length: 1 + random.below(3) }, () => 1 + random.below(most));
  return { registers: random.u32(), slices, isStepping: mode.bits === 16 || random.chance(0.1) };
}
