/**
 * The x87 and MMX registers: eight of 16 bytes, by *physical* number; ST(i) is number (TOP + i) mod 8 and MMi is the
 * significand of number i (APM vol 1 §5.3, §6.2). And the words that describe them.
 */
import { ExitCode } from './abi/exit-code';
import { Cr0 } from './abi/processor-bits';
import { Activity, Flow } from './abi/stop';
import { Vector } from './abi/vector';
import { isIntercepted, raise, raiseExit } from './fault';
import { cpu, CpuState } from './state';

const REGISTERS = <u32>memory.data(8 * 16, 16);

/** Byte offset of the sign and exponent (u16) in a register; the significand (u64) is at 0. */
export const SIGN_EXPONENT: u32 = 8;

/** Where the registers are: 8 of 16 bytes. */
export const X87_REGISTERS_ADDRESS: u32 = REGISTERS;

/** FCW after FNINIT: all exceptions masked, 64 bits of significand, nearest even. */
export const X87_INITIAL_CONTROL: u32 = 0x37f;
/** FCW after RESET (APM vol 2 Table 14-1). */
const CONTROL_RESET: u32 = 0x40;
/** The bits of FCW that can be written; bit 6 is always set, bits 7 and 15:13 are always clear. */
const CONTROL_WRITABLE: u32 = 0x1f3f;
const CONTROL_ALWAYS_SET: u32 = 0x40;

/** IE, DE, ZE, OE, UE, PE in FSW; their masks are the same bits of FCW. */
export const X87_EXCEPTIONS: u32 = 0x3f;
/** The bits of FSW that are state of their own: the exceptions, SF and C3 to C0. ES and B follow, TOP lies elsewhere. */
const STATUS_STORED: u32 = 0x477f;
const STATUS_ES_B: u32 = 0x8080;
const TOP_SHIFT: u32 = 11;

/** Wasm address of physical register `number`. */
export function physicalX87(number: u32): u32 {
  return REGISTERS + ((number & 7) << 4);
}

/** Wasm address of ST(i). */
export function stackX87(i: u32): u32 {
  return physicalX87(cpu().x87Top + i);
}

/** An unmasked exception waits for the next instruction that looks for one: FSW.ES. */
export function isX87ExceptionPending(): bool {
  const state = cpu();
  return (state.x87Status & ~state.x87Control & X87_EXCEPTIONS) != 0;
}

/** FSW as software sees it: with TOP, ES and B. */
export function x87StatusWord(): u32 {
  const state = cpu();
  const summary = isX87ExceptionPending() ? STATUS_ES_B : 0;
  return state.x87Status | (state.x87Top << TOP_SHIFT) | summary;
}

/** Sets FSW and TOP. ES and B of `word` do not matter: they follow from the exceptions and their masks. */
export function setX87StatusWord(word: u32): void {
  const state = cpu();
  state.x87Status = word & STATUS_STORED;
  state.x87Top = (word >> TOP_SHIFT) & 7;
}

/** Sets FCW; reserved bits of `word` do not matter. */
export function setX87ControlWord(word: u32): void {
  cpu().x87Control = (word & CONTROL_WRITABLE) | CONTROL_ALWAYS_SET;
}

/** The tag word in its full form: two bits for each physical register, computed from what it holds. */
export function x87TagWord(): u32 {
  let word: u32 = 0;
  for (let number: u32 = 0; number < 8; number++) word |= tagOf(number) << (number << 1);
  return word;
}

/** Sets which registers are empty from a full tag word; whether the others say valid, zero or special is recomputed. */
export function setX87TagWord(word: u32): void {
  let tags: u32 = 0;
  for (let number: u32 = 0; number < 8; number++) {
    if (((word >> (number << 1)) & 3) != TAG_EMPTY) tags |= (<u32>1) << number;
  }
  cpu().x87Tags = tags;
}

const TAG_VALID: u32 = 0;
const TAG_ZERO: u32 = 1;
const TAG_SPECIAL: u32 = 2;
const TAG_EMPTY: u32 = 3;

/** Two-bit tag of a physical register (APM vol 1 §6.2.4). Denormal and unsupported numbers are special. */
function tagOf(number: u32): u32 {
  if (((cpu().x87Tags >> number) & 1) == 0) return TAG_EMPTY;
  const at = physicalX87(number);
  const exponent = (<u32>load<u16>(at, SIGN_EXPONENT)) & 0x7fff;
  const significand = load<u64>(at);
  if (exponent == 0) return significand == 0 ? TAG_ZERO : TAG_SPECIAL;
  return exponent == 0x7fff || <i64>significand >= 0 ? TAG_SPECIAL : TAG_VALID;
}

/** What every MMX instruction does before anything else, its memory operand included. */
export function checkX87Pending(): Flow {
  return isX87ExceptionPending() ? reportX87Exception() : Flow.Next;
}

/**
 * The pending exception stops the instruction: #MF or, with CR0.NE clear, FERR# (APM vol 2 §8.2.17). Nothing answers that pin
 * and IGNNE# is not asserted, so the processor freezes at the instruction until an interrupt, as a PC's would; nobody turns
 * FERR# into IRQ 13.
 */
export function reportX87Exception(): Flow {
  const state = cpu();
  if ((state.cr0 & Cr0.Ne) != 0) return raise(Vector.Mf);
  if (isIntercepted(ExitCode.FerrFreeze)) return raiseExit(ExitCode.FerrFreeze, 0, 0, 0);
  state.activity = Activity.Halted;
  return Flow.Abort;
}

/** What every MMX instruction but EMMS does once it cannot fault any more: TOP ← 0, no register is empty. */
export function enterMmx(): void {
  const state = cpu();
  state.x87Top = 0;
  state.x87Tags = 0xff;
}

/** EMMS: TOP ← 0, all registers are empty. */
export function leaveMmx(): void {
  const state = cpu();
  state.x87Top = 0;
  state.x87Tags = 0;
}

export function mmx(number: u32): u64 {
  return load<u64>(physicalX87(number));
}

/** MMn ← value; sign and exponent become ones (APM vol 1 §5.3). */
export function setMmx(number: u32, value: u64): void {
  const at = physicalX87(number);
  store<u64>(at, value);
  store<u16>(at, 0xffff, SIGN_EXPONENT);
}

/** FNINIT: the registers keep their contents and become empty. */
export function initializeX87(): void {
  const state = cpu();
  clearControl(state);
  state.x87Control = X87_INITIAL_CONTROL;
  state.x87Tags = 0;
}

/** The initial configuration of XRSTOR: as FNINIT, and the registers are zero. */
export function clearX87(): void {
  initializeX87();
  memory.fill(REGISTERS, 0, 8 * 16);
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
