/**
 * Control and status words, FSTENV, FLDENV, FSAVE, FRSTOR (APM vol 5; formats: vol 2 §11.4.1).
 *
 * An environment is seven fields of 16 or 32 bits: FCW, FSW, FTW, then where the last instruction and its operand are, as
 * selector and offset or, in real and virtual-8086 mode, as an address.
 */
import { Reg } from '../abi/register';
import { Flow } from '../abi/stop';
import { isAborted } from '../fault';
import { readForWrite, readLinear, writeLinear } from '../memory';
import { isRealOrV86 } from '../segment';
import { cpu, setRegister } from '../state';
import {
  initializeX87,
  setX87ControlWord,
  setX87StatusWord,
  setX87TagWord,
  stackX87,
  X87_EXCEPTIONS,
  x87StatusWord,
  x87TagWord,
} from '../x87-state';

const FIELDS: u32 = 7;
const REGISTER_BYTES: u32 = 10;
/** Low 11 bits of the opcode. */
const OPCODE_MASK: u32 = 0x7ff;
/** What the upper halves of FCW, FSW, FTW and the data selector hold. */
const FILLER: u32 = 0xffff0000;

/** FNCLEX: clears the exceptions, SF, and with them ES and B. */
export function clearExceptions(): void {
  cpu().x87Status &= ~(X87_EXCEPTIONS | 0x40);
}

/** FNSTSW AX */
export function storeStatusAx(): void {
  setRegister<u16>(Reg.Rax, <u16>x87StatusWord());
}

/** FNSTSW, FNSTCW */
export function storeWord(linear: u64, seg: u32, word: u32): Flow {
  writeLinear<u16>(linear, seg, <u16>word);
  return isAborted() ? Flow.Abort : Flow.Next;
}

/** FLDCW */
export function loadControlWord(linear: u64, seg: u32): Flow {
  const word = readLinear<u16>(linear, seg);
  if (isAborted()) return Flow.Abort;
  setX87ControlWord(word);
  return Flow.Next;
}

/** FNSTENV: masks all exceptions afterwards. `width` = log2 of the bytes of a field. */
export function storeEnvironment(linear: u64, seg: u32, width: u32): Flow {
  if (!canWrite(linear, seg, width, FIELDS << width)) return Flow.Abort;
  writeFields(linear, seg, width);
  cpu().x87Control |= X87_EXCEPTIONS;
  return Flow.Next;
}

/** FLDENV */
export function loadEnvironment(linear: u64, seg: u32, width: u32): Flow {
  if (!canRead(linear, seg, width, FIELDS << width)) return Flow.Abort;
  readFields(linear, seg, width);
  return Flow.Next;
}

/** FNSAVE: environment and registers, then FNINIT. */
export function saveState(linear: u64, seg: u32, width: u32): Flow {
  const environment = FIELDS << width;
  if (!canWrite(linear, seg, width, environment + 8 * REGISTER_BYTES)) return Flow.Abort;
  writeFields(linear, seg, width);
  for (let i: u32 = 0; i < 8; i++) {
    const from = stackX87(i);
    for (let at: u32 = 0; at < REGISTER_BYTES; at += 2) {
      writeLinear<u16>(linear + (environment + i * REGISTER_BYTES + at), seg, load<u16>(from + at));
    }
  }
  initializeX87();
  return Flow.Next;
}

/** FRSTOR */
export function restoreState(linear: u64, seg: u32, width: u32): Flow {
  const environment = FIELDS << width;
  if (!canRead(linear, seg, width, environment + 8 * REGISTER_BYTES)) return Flow.Abort;
  readFields(linear, seg, width);
  for (let i: u32 = 0; i < 8; i++) {
    const to = stackX87(i);
    for (let at: u32 = 0; at < REGISTER_BYTES; at += 2) {
      store<u16>(to + at, readLinear<u16>(linear + (environment + i * REGISTER_BYTES + at), seg));
    }
  }
  return Flow.Next;
}

/**
 * Whether all of an area can be written; else aborts as silicon does, which tries the first field, aligned to its size, and
 * then the last byte. The rest can have neither a page nor an alignment of its own, if it is accessed in words.
 */
function canWrite(linear: u64, seg: u32, width: u32, bytes: u32): bool {
  if (width == 1) readForWrite<u16>(linear, seg);
  else readForWrite<u32>(linear, seg);
  if (isAborted()) return false;
  readForWrite<u8>(linear + (bytes - 1), seg);
  return !isAborted();
}

/** As `canWrite`, for reads. */
function canRead(linear: u64, seg: u32, width: u32, bytes: u32): bool {
  if (width == 1) readLinear<u16>(linear, seg);
  else readLinear<u32>(linear, seg);
  if (isAborted()) return false;
  readLinear<u8>(linear + (bytes - 1), seg);
  return !isAborted();
}

function writeField(linear: u64, seg: u32, width: u32, index: u32, value: u32): void {
  const at = linear + (index << width);
  if (width == 1) writeLinear<u16>(at, seg, <u16>value);
  else writeLinear<u32>(at, seg, value);
}

function writeFields(linear: u64, seg: u32, width: u32): void {
  const state = cpu();
  writeField(linear, seg, width, 0, state.x87Control | FILLER);
  writeField(linear, seg, width, 1, x87StatusWord() | FILLER);
  writeField(linear, seg, width, 2, x87TagWord() | FILLER);
  if (isRealOrV86()) writeAddresses(linear, seg, width);
  else writePointers(linear, seg, width);
}

/** Protected mode: the opcode is only in the wide format. */
function writePointers(linear: u64, seg: u32, width: u32): void {
  const state = cpu();
  const opcode = width == 1 ? 0 : state.x87Opcode << 16;
  writeField(linear, seg, width, 3, <u32>state.x87InstructionPointer);
  writeField(linear, seg, width, 4, state.x87InstructionSelector | opcode);
  writeField(linear, seg, width, 5, <u32>state.x87DataPointer);
  writeField(linear, seg, width, 6, state.x87DataSelector | FILLER);
}

/** Real and virtual-8086 mode: addresses of 20 bits or, in the wide format, 32. */
function writeAddresses(linear: u64, seg: u32, width: u32): void {
  const state = cpu();
  const ip = (state.x87InstructionSelector << 4) + <u32>state.x87InstructionPointer;
  const dp = (state.x87DataSelector << 4) + <u32>state.x87DataPointer;
  const upperMask: u32 = width == 1 ? 0xf000 : 0xffff000;
  writeField(linear, seg, width, 3, ip & 0xffff);
  writeField(linear, seg, width, 4, ((ip >> 4) & upperMask) | state.x87Opcode);
  writeField(linear, seg, width, 5, dp & 0xffff);
  writeField(linear, seg, width, 6, (dp >> 4) & upperMask);
}

function readField(linear: u64, seg: u32, width: u32, index: u32): u32 {
  const at = linear + (index << width);
  return width == 1 ? <u32>readLinear<u16>(at, seg) : readLinear<u32>(at, seg);
}

function readFields(linear: u64, seg: u32, width: u32): void {
  setX87ControlWord(readField(linear, seg, width, 0));
  setX87StatusWord(readField(linear, seg, width, 1));
  setX87TagWord(readField(linear, seg, width, 2));
  if (isRealOrV86()) readAddresses(linear, seg, width);
  else readPointers(linear, seg, width);
}

function readPointers(linear: u64, seg: u32, width: u32): void {
  const state = cpu();
  const selector = readField(linear, seg, width, 4);
  state.x87InstructionPointer = <u64>readField(linear, seg, width, 3);
  state.x87InstructionSelector = selector & 0xffff;
  state.x87Opcode = (selector >> 16) & OPCODE_MASK;
  state.x87DataPointer = <u64>readField(linear, seg, width, 5);
  state.x87DataSelector = readField(linear, seg, width, 6) & 0xffff;
}

function readAddresses(linear: u64, seg: u32, width: u32): void {
  const state = cpu();
  const ipHigh = readField(linear, seg, width, 4);
  const dpHigh = readField(linear, seg, width, 6);
  const upperMask: u32 = width == 1 ? 0xf000 : 0xffff000;
  state.x87InstructionPointer = <u64>(
    ((readField(linear, seg, width, 3) & 0xffff) | ((ipHigh & upperMask) << 4))
  );
  state.x87DataPointer = <u64>((readField(linear, seg, width, 5) & 0xffff) | ((dpHigh & upperMask) << 4));
  state.x87InstructionSelector = 0;
  state.x87DataSelector = 0;
  state.x87Opcode = ipHigh & OPCODE_MASK;
}
