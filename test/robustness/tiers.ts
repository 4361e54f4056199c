/** One case in both tiers: the same start, stopped at the same instruction, compared in everything that software can see. */
import { Rflags } from '../../assembly/abi/processor-bits.js';
import { Stop } from '../../assembly/abi/stop.js';
import { Engine } from '../../src/engine/engine.js';
import { Random } from '../silicon/random.js';
import { WINDOW_ADDRESS } from '../silicon/layout.js';
import type { CodeCase } from './code.js';
import { writeImage } from './image.js';
import { CODE, DATA, DATA_BYTES, IOPM, MEMORY_BYTES, MSRPM, STACK } from './layout.js';
import { enterMode, type Mode } from './modes.js';

/** Executions after which a block is compiled: at once, or when it has proved hot. */
const THRESHOLDS = [1, 3, 3, 6];
const REGISTERS = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];
const MORE_REGISTERS = ['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'];
/** Temporaries, scratch and caches of the core, which nothing outside can see; flags are compared as RFLAGS. */
const INTERNAL: ReadonlySet<string> = new Set([
  ...['blockRip', 'zero', 't0', 't1', 't2', 't3', 't4', 't5', 'address', 'address2', 'nextRip'],
  ...['flagResult', 'flagAux', 'tlbBank', 'missLinear', 'missPhysical', 'missMode', 'memoryBase'],
]);
const INTERCEPT_WORDS = 6;

/** How the code is run: decided by a seed alone. */
interface Plan {
  /** Seed of registers, segments and control registers. */
  readonly registers: number;
  /** Instructions up to each comparison. */
  readonly slices: readonly number[];
  readonly threshold: number;
}

/** A processor in one tier. */
class Tier {
  constructor(readonly engine: Engine) {}

  /** @param image Physical memory at the start. */
  load(mode: Mode, code: CodeCase, plan: Plan, image: Uint8Array): void {
    const { core } = this.engine;
    const random = new Random(plan.registers);
    core.exports.reset();
    core.exports.dropAllCode();
    core.state.setNum('randomState', 1);
    core.memory.set(image);
    core.memory.set(code.bytes, CODE);
    enterMode(core, mode, random);
    this.#loadRegisters(mode, code, random);
    if (random.chance(0.3)) this.#enterGuest(random);
    core.exports.updateMode();
    core.exports.flushTlb();
  }

  run(instructions: number): Stop {
    const { state } = this.engine.core;
    state.setNum('deadline', state.num('clock') + instructions);
    return this.engine.run();
  }

  #loadRegisters(mode: Mode, { snippet }: CodeCase, random: Random): void {
    const { state, exports, vectorRegisters } = this.engine.core;
    const hasWindow = snippet !== undefined && random.chance(0.6);
    const isBased = state.num('csBase') !== 0;
    [...REGISTERS, ...MORE_REGISTERS].forEach((name, i) => {
      const value = hasWindow ? snippet.registers[i]! : registerValue(isBased, random);
      state.setBig(name, mode.bits === 64 ? value : value & 0xffff_ffffn);
    });
    state.setNum('rsp', isBased ? 0xf000 : STACK);
    state.setNum('rip', isBased ? 0 : CODE);
    for (let i = 0; i < vectorRegisters.length; i++) vectorRegisters[i] = random.below(256);
    state.set('mxcsr', random.chance(0.7) ? 0x1f80 : random.u32() & 0xffff);
    state.set('x87Control', random.chance(0.6) ? 0x37f : (random.u32() & 0x1f3f) | 0x40);
    const kept = BigInt(Rflags.Vm);
    const flags = BigInt(random.u32() & (Rflags.Status | Rflags.Df | Rflags.Iopl));
    const rare = BigInt((random.chance(0.1) ? Rflags.Tf : 0) | (random.chance(0.1) ? Rflags.Ac : 0));
    exports.setRflags((exports.rflags() & kept) | flags | rare | 2n);
  }

  /** A guest of a hypervisor that intercepts at random. */
  #enterGuest(random: Random): void {
    const { state } = this.engine.core;
    state.set('inGuest', 1);
    const isAll = random.chance(0.3);
    for (let word = 0; word < INTERCEPT_WORDS; word++)
      state.set(`intercepts${word}`, isAll ? 0xffff_ffff : random.chance(0.5) ? 0 : random.u32());
    state.set('iopmBase', IOPM);
    state.set('msrpmBase', MSRPM);
  }
}

function registerValue(isBased: boolean, random: Random): bigint {
  const roll = random.below(100);
  if (roll < 50) return BigInt((isBased ? 0 : DATA) + random.below(isBased ? 0x10000 : DATA_BYTES));
  if (roll < 60) return BigInt(WINDOW_ADDRESS + random.below(DATA_BYTES));
  if (roll < 80) return BigInt(random.below(64));
  return random.u64();
}

export class TierPair {
  readonly #ignored: ReadonlySet<number>;
  readonly #image = new Uint8Array(MEMORY_BYTES);

  private constructor(
    private readonly interpreted: Tier,
    private readonly compiled: Tier,
  ) {
    const { state } = interpreted.engine.core;
    this.#ignored = new Set(
      [...INTERNAL].flatMap((name) => [state.index(name), state.index(name) + (isWide(name) ? 1 : 0)]),
    );
  }

  static async create(): Promise<TierPair> {
    const [interpreted, compiled] = await Promise.all([
      Engine.create({ memoryBytes: MEMORY_BYTES, jit: false }),
      Engine.create({ memoryBytes: MEMORY_BYTES, hotThreshold: 1 }),
    ]);
    return new TierPair(new Tier(interpreted), new Tier(compiled));
  }

  /** Runs the code in both tiers. Returns how it ended, or throws what was thrown; `difference` is '' if they agree. */
  run(mode: Mode, code: CodeCase, random: Random): { stop: Stop; difference: string } {
    const plan = newPlan(random);
    const { interpreted, compiled } = this;
    compiled.engine.core.exports.setHotThreshold(plan.threshold);
    writeImage(this.#image, mode, random);
    interpreted.load(mode, code, plan, this.#image);
    compiled.load(mode, code, plan, this.#image);
    let stop = Stop.None;
    for (const instructions of plan.slices) {
      stop = interpreted.run(instructions);
      const other = compiled.run(instructions);
      if (other !== stop) return { stop, difference: `stop: ${Stop[stop]}, compiled ${Stop[other]}` };
      const difference = this.#compare();
      if (difference !== '' || stop !== Stop.Budget) return { stop, difference };
    }
    return { stop, difference: '' };
  }

  /** What differs, by name; '' if nothing does. */
  #compare(): string {
    const [a, b] = [this.interpreted.engine.core, this.compiled.engine.core];
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
    const { state } = this.interpreted.engine.core;
    const other = this.compiled.engine.core.state;
    const names = state.names().filter((name) => state.index(name) <= index);
    const name = names.reduce((best, next) => (state.index(next) > state.index(best) ? next : best));
    const half = index - state.index(name);
    return `${name}${half > 0 ? `+${4 * half}` : ''} ${state.words[index]!.toString(16)} ${other.words[index]!.toString(16)}`;
  }
}

/** 32-bit fields among the internal ones. */
function isWide(name: string): boolean {
  return !['flagAux', 'tlbBank', 'missPhysical', 'missMode', 'memoryBase'].includes(name);
}

function newPlan(random: Random): Plan {
  const most = random.pick([8, 20, 20, 60, 300]);
  const slices = Array.from({ length: 1 + random.below(3) }, () => 1 + random.below(most));
  return { registers: random.u32(), slices, threshold: random.pick(THRESHOLDS) };
}
