/** Memory operands: base, index, scale and displacement at random, that mostly bring the address into the data window. */
import { OpKind, Register } from 'iced-x86';
import type { Instruction } from 'iced-x86';
import type { Context } from './context.js';
import { WINDOW_ADDRESS, WINDOW_BYTES } from './layout.js';
import type { Random } from './random.js';

/** Operands from this size on may have to be aligned, and mostly are. */
const ALIGNED_BYTES = 16;
const CACHE_LINE = 64;

/** An address for data: mostly in the window, sometimes across its pages or its end, rarely anywhere. */
export function dataAddress({ random, bits }: Pick<Context, 'random' | 'bits'>): bigint {
  if (bits === 16) return dataOffset(random);
  const base = BigInt(WINDOW_ADDRESS);
  const roll = random.below(100);
  if (roll < 90) return base + BigInt(64 + random.below(WINDOW_BYTES - 256));
  if (roll < 94) return base + 4096n - BigInt(random.below(9));
  if (roll < 96) return base + BigInt(WINDOW_BYTES - random.below(9));
  if (roll < 98) return base - BigInt(random.below(9));
  // Nothing is ever mapped here: page zero, and in 64-bit mode the non-canonical hole.
  return bits === 64
    ? random.pick([0n, 8n, 0x8000_0000_0000n, 0xffff_7fff_ffff_fff8n])
    : BigInt(random.below(4096));
}

/** An offset for 16-bit snippets: mostly within every segment, sometimes around a limit, rarely anywhere. */
function dataOffset(random: Random): bigint {
  const roll = random.below(100);
  if (roll < 80) return BigInt(16 + random.below(0xf00));
  if (roll < 86) return BigInt(0x1000 + random.below(0x1000));
  if (roll < 92) return BigInt(random.pick([0x1000, 0x2000, 0x10000]) - random.below(9));
  return BigInt(random.below(0x10000));
}

/** Makes operand `index` a memory operand of `bytes` bytes. */
export function setMemory(context: Context, instruction: Instruction, index: number, bytes: number): void {
  instruction.setOpKind(index, OpKind.Memory);
  const { random } = context;
  let target = dataAddress(context);
  if (bytes >= ALIGNED_BYTES && random.chance(0.75)) {
    target -= target % BigInt(bytes > CACHE_LINE ? CACHE_LINE : bytes);
  }
  context.targets.push({ address: target, code: instruction.code });
  setAddress(context, instruction, target);
}

/** A vector register as index; the snippet starts with small numbers in it. */
export function setVectorIndex(
  context: Context,
  instruction: Instruction,
  index: number,
  first: Register,
  elementBytes: 4 | 8,
): void {
  const { random, bits, registers } = context;
  instruction.setOpKind(index, OpKind.Memory);
  const isNarrow = bits !== 64 || random.chance(0.1);
  const base = random.below(bits === 64 ? 16 : 8);
  const register = random.below(bits === 64 ? 16 : 8);
  const middle = WINDOW_BYTES / 2 + random.below(64);
  const target = BigInt(bits === 16 ? middle : WINDOW_ADDRESS + middle);
  const displacement = target - (registers[base] ?? 0n);
  instruction.memoryIndex = first + register;
  instruction.memoryIndexScale = random.pick([1, 2, 4, 8]);
  if (BigInt.asIntN(32, displacement) === displacement || isNarrow) {
    instruction.memoryBase = (isNarrow ? Register.EAX : Register.RAX) + base;
    context.pinned.add(base);
    setDisplacement(instruction, displacement, isNarrow ? 4 : 8);
  } else setDisplacement(instruction, target, isNarrow ? 4 : 8);
  context.indices.push({ register, elementBytes });
}

export function setAbsoluteAddress(context: Context, instruction: Instruction): void {
  instruction.memoryDisplSize = context.bits / 8;
  instruction.memoryDisplacement = dataAddress(context);
}

/** Base, index and scale at random, and a displacement that brings the sum to a data address. */
function setAddress(context: Context, instruction: Instruction, target: bigint): void {
  const { random, bits } = context;
  if (bits === 64 && random.chance(0.05)) return setRelativeAddress(instruction, target);
  if (bits === 32 && random.chance(0.03)) return setUnmappedAddress16(context, instruction);
  if (bits === 16 && random.chance(0.8)) return setAddress16(context, instruction, target);
  const isNarrow = bits !== 64 || random.chance(0.1);
  let sum = setAddressRegisters(context, instruction, isNarrow ? Register.EAX : Register.RAX);
  const isOutOfReach = !isNarrow && BigInt.asIntN(32, target - sum) !== target - sum;
  if (isOutOfReach && random.chance(0.95)) {
    instruction.memoryBase = Register.None;
    instruction.memoryIndex = Register.None;
    sum = 0n;
  }
  setDisplacement(instruction, target - sum, isNarrow ? 4 : 8);
}

function setRelativeAddress(instruction: Instruction, target: bigint): void {
  instruction.memoryBase = Register.RIP;
  instruction.memoryDisplSize = 8;
  instruction.memoryDisplacement = BigInt.asUintN(32, target);
}

/** The sum of what the chosen registers start with. */
function setAddressRegisters(
  { random, bits, registers, pinned }: Context,
  instruction: Instruction,
  first: Register,
): bigint {
  const count = bits === 64 ? 16 : 8;
  let sum = 0n;
  if (random.chance(0.9)) {
    const base = random.below(count);
    instruction.memoryBase = first + base;
    pinned.add(base);
    sum += registers[base] ?? 0n;
  }
  const index = random.below(count);
  const stackPointer = 4; // cannot be an index
  if (random.chance(0.4) && index !== stackPointer) {
    instruction.memoryIndex = first + index;
    instruction.memoryIndexScale = random.pick([1, 2, 4, 8]);
    pinned.add(index);
    sum += (registers[index] ?? 0n) * BigInt(instruction.memoryIndexScale);
  }
  return sum;
}

function setDisplacement(instruction: Instruction, wanted: bigint, bytes: 4 | 8): void {
  const displacement = BigInt.asIntN(32, wanted);
  const hasNoRegister = instruction.memoryBase === Register.None && instruction.memoryIndex === Register.None;
  if (displacement === 0n && !hasNoRegister) return;
  const isShort = displacement === BigInt.asIntN(8, displacement) && !hasNoRegister;
  instruction.memoryDisplSize = isShort ? 1 : bytes;
  instruction.memoryDisplacement = BigInt.asUintN(bytes * 8, displacement);
}

/** In 32-bit code 16-bit addressing reaches only the unmapped first 64 KiB: what it shows is the address in the fault. */
function setUnmappedAddress16(context: Context, instruction: Instruction): void {
  setAddress16(context, instruction, BigInt(context.random.below(0x10000)));
}

const NUMBER_OF = new Map<Register, number>([
  [Register.BX, 3],
  [Register.BP, 5],
  [Register.SI, 6],
  [Register.DI, 7],
]);

/** BX or BP, SI or DI, both or neither, and a displacement that brings the sum to `target`, modulo 64 KiB. */
function setAddress16(
  { random, registers, pinned }: Context,
  instruction: Instruction,
  target: bigint,
): void {
  const base = random.pick([Register.None, Register.BX, Register.BP]);
  const index = random.pick([Register.None, Register.SI, Register.DI]);
  instruction.memoryBase = base;
  instruction.memoryIndex = index;
  const valueOf = (register: Register) => {
    const number = NUMBER_OF.get(register);
    if (number === undefined) return 0n;
    pinned.add(number);
    return registers[number] ?? 0n;
  };
  const displacement = BigInt.asUintN(16, target - valueOf(base) - valueOf(index));
  const hasRegister = base !== Register.None || index !== Register.None;
  if (displacement === 0n && hasRegister && base !== Register.BP) return;
  const isShort = hasRegister && BigInt.asUintN(16, BigInt.asIntN(8, displacement)) === displacement;
  instruction.memoryDisplSize = isShort ? 1 : 2;
  instruction.memoryDisplacement = displacement;
}
