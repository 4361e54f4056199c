/**
 * The x87 and MMX registers: eight of 16 bytes, by *physical* number; ST(i) is number (TOP + i) mod 8 and MMi is the
 * significand of number i (APM vol 1 §5.3, §6.2).
 */
import { cpu, CpuState } from './state';

const REGISTERS = <u32>memory.data(8 * 16, 16);

/** Byte offset of the sign and exponent (u16) in a register; the significand (u64) is at 0. */
export const SIGN_EXPONENT: u32 = 8;

/** Where the registers are: 8 of 16 bytes. */
export const X87_REGISTERS_ADDRESS: u32 = REGISTERS;

/** FCW after FNINIT: all exceptions masked, 64 bits of significand, nearest even. */
const CONTROL_INITIAL: u32 = 0x37f;
/** FCW after RESET (APM vol 2 Table 14-1). */
const CONTROL_RESET: u32 = 0x40;

/** Wasm address of physical register `number`. */
export function physicalX87(number: u32): u32 {
  return REGISTERS + ((number & 7) << 4);
}

/** FNINIT: the registers keep their contents and become empty. */
export function initializeX87(): void {
  const state = cpu();
  clearControl(state);
  state.x87Control = CONTROL_INITIAL;
  state.x87Tags = 0;
}

/** RESET: the registers are zero and, by their tags, hold it. */
export function resetX87(): void {
  const state = cpu();
  memory.fill(REGISTERS, 0, 8 * 16);
  clearControl(state);
  state.x87Control = CONTROL_RESET;
  state.x87Tags = 0xff;
}

function clearControl(state: CpuState): void {
  state.x87Status = 0;
  state.x87Top = 0;
  state.x87Opcode = 0;
  state.x87InstructionPointer = 0;
  state.x87DataPointer = 0;
  state.x87InstructionSelector = 0;
  state.x87DataSelector = 0;
}
