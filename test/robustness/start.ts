/** How a case starts: the registers that its mode leaves open, and whether a hypervisor looks on. */
import { Rflags } from '../../assembly/abi/processor-bits.js';
import type { Core } from '../../src/core/core.js';
import { WINDOW_ADDRESS } from '../silicon/layout.js';
import type { Random } from '../silicon/random.js';
import type { CodeCase } from './code.js';
import { CODE, DATA, DATA_BYTES, IOPM, MSRPM, STACK } from './layout.js';
import { enterMode, type Mode } from './modes.js';

const REGISTERS = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];
const MORE_REGISTERS = ['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'];
const ALL_REGISTERS = [...REGISTERS, ...MORE_REGISTERS];
const INTERCEPT_WORDS = 6;

/** Resets the processor and puts it before the first instruction of the code. */
export function start(core: Core, mode: Mode, code: CodeCase, random: Random): void {
  core.exports.reset();
  core.state.setNum('randomState', 1);
  enterMode(core, mode, random);
  loadRegisters(core, mode, code, random);
  if (random.chance(0.3)) enterGuest(core, random);
  core.exports.updateMode();
  core.exports.flushTlb();
}

/** Puts a processor where another one is that `start` has prepared. */
export function startLike(core: Core, other: Core): void {
  core.state.words.set(other.state.words);
  core.vectorRegisters.set(other.vectorRegisters);
  core.x87Registers.set(other.x87Registers);
  core.exports.setRflags(other.exports.rflags());
  core.exports.updateMode();
  core.exports.flushTlb();
}

function loadRegisters(core: Core, mode: Mode, { snippet }: CodeCase, random: Random): void {
  const { state, exports, vectorRegisters } = core;
  const hasWindow = snippet !== undefined && random.chance(0.6);
  const isBased = state.num('csBase') !== 0;
  ALL_REGISTERS.forEach((name, i) => {
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

function registerValue(isBased: boolean, random: Random): bigint {
  const roll = random.below(100);
  if (roll < 50) return BigInt((isBased ? 0 : DATA) + random.below(isBased ? 0x10000 : DATA_BYTES));
  if (roll < 60) return BigInt(WINDOW_ADDRESS + random.below(DATA_BYTES));
  if (roll < 80) return BigInt(random.below(64));
  return random.u64();
}

/** A guest of a hypervisor that intercepts at random. */
function enterGuest({ state }: Core, random: Random): void {
  state.set('inGuest', 1);
  const isAll = random.chance(0.3);
  for (let word = 0; word < INTERCEPT_WORDS; word++)
    state.set(`intercepts${word}`, isAll ? 0xffff_ffff : random.chance(0.5) ? 0 : random.u32());
  state.set('iopmBase', IOPM);
  state.set('msrpmBase', MSRPM);
}
