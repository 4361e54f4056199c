/** The x87, MMX and vector registers, which VMRUN and #VMEXIT leave in the processor. */
import { Mxcsr } from '../../../assembly/abi/processor-bits.js';
import type { Core } from '../../core/core.js';
import type { StateView } from '../../core/state-view.js';
import { UsageError } from '../../errors.js';
import { partOf, type Register } from './register.js';

const VECTOR_BYTES = 32;
const X87_BYTES = 16;
/** FXSAVE's picture of one register: 64 bits of significand, 16 of sign and exponent. */
const X87_BITS = 80;
const MMX_BITS = 64;
const COUNT_OF_VECTORS = 16;
const COUNT_OF_X87 = 8;
/** Where TOP is in the x87 status word, after a shift. */
const TOP_SHIFT = 11;

/** By name: ymm0 to ymm15, xmm0 to xmm15, st0 to st7 (from the top of the stack), mm0 to mm7, and the control words. */
export function mediaRegisters(core: Core): [name: string, register: Register][] {
  const vectors = range(COUNT_OF_VECTORS).flatMap((i): [string, Register][] => {
    const ymm = bytesAt(core.vectorRegisters, () => i * VECTOR_BYTES, 8 * VECTOR_BYTES);
    return [
      [`ymm${i}`, ymm],
      [`xmm${i}`, partOf(ymm, 0, 128)],
    ];
  });
  const top = (): number => x87Top(core.exports.x87StatusWord());
  const stack = range(COUNT_OF_X87).flatMap((i): [string, Register][] => [
    [`st${i}`, bytesAt(core.x87Registers, () => ((top() + i) & 7) * X87_BYTES, X87_BITS)],
    [`mm${i}`, bytesAt(core.x87Registers, () => i * X87_BYTES, MMX_BITS)],
  ]);
  return [...vectors, ...stack, ...controlRegisters(core)];
}

/** The physical register that is st0, by the x87 status word. */
export function x87Top(statusWord: number): number {
  return (statusWord >>> TOP_SHIFT) & 7;
}

function controlRegisters({ exports, state }: Core): [name: string, register: Register][] {
  const word = (bits: number, get: () => number, set: (value: number) => void): Register => ({
    bits,
    get: () => BigInt(get()),
    set: (value) => set(Number(value)),
  });
  const field = (name: string, bits: number): Register => ({
    bits,
    get: () => state.whole(name),
    set: (value) => state.setWhole(name, value),
  });
  return [
    ['mxcsr', mxcsr(state)],
    ['fcw', word(16, () => state.get('x87Control'), exports.setX87ControlWord)],
    ['fsw', word(16, exports.x87StatusWord, exports.setX87StatusWord)],
    ['ftw', word(16, exports.x87TagWord, exports.setX87TagWord)],
    ['fop', field('x87Opcode', 11)],
    ['fip', field('x87InstructionPointer', 64)],
    ['fdp', field('x87DataPointer', 64)],
    ['fcs', field('x87InstructionSelector', 16)],
    ['fds', field('x87DataSelector', 16)],
  ];
}

/** LDMXCSR raises #GP(0) for bits that do not exist. */
function mxcsr(state: StateView): Register {
  return {
    bits: 32,
    get: () => state.whole('mxcsr'),
    set(value) {
      if ((value & ~BigInt(Mxcsr.Defined)) !== 0n)
        throw new UsageError(`MXCSR has no such bits: ${value.toString(16)}h`);
      state.setWhole('mxcsr', value);
    },
  };
}

/** A register that is so many little-endian bits of an array. */
function bytesAt(bytes: Uint8Array, start: () => number, bits: number): Register {
  const count = bits / 8;
  return {
    bits,
    get() {
      const at = start();
      return bytes.subarray(at, at + count).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
    },
    set(value) {
      const at = start();
      for (let i = 0; i < count; i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
    },
  };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
