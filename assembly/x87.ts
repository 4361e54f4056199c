/**
 * Chooses the operation of a `Uop.X87`; no semantics in it beyond what all of them share: the look for a pending
 * exception, the address of the operand, and where the last instruction and its operand are (APM vol 1 §6.2.5).
 */
import { Reg, Seg } from './abi/register';
import { Flow } from './abi/stop';
import {
  X87_ADDRESS_GIVEN,
  X87_ADDRESS_WIDTH_SHIFT,
  X87_OPCODE_SHIFT,
  X87Arithmetic,
  X87Op,
} from './abi/x87-op';
import { setRunningUop } from './code-cache';
import { arithmeticStack, squareRootOfTop } from './exec/x87-arithmetic';
import { compareFlags, compareStack, examineTop, testTop } from './exec/x87-compare';
import {
  clearExceptions,
  loadControlWord,
  loadEnvironment,
  restoreState,
  saveState,
  storeEnvironment,
  storeStatusAx,
  storeWord,
} from './exec/x87-environment';
import {
  arithmeticFloat,
  arithmeticInteger,
  loadConstant,
  loadDecimal,
  loadExtended,
  loadFloat,
  loadInteger,
} from './exec/x87-load';
import { remainder } from './exec/x87-remainder';
import { extract, roundTop, scale } from './exec/x87-scale';
import {
  changeSign,
  exchange,
  free,
  loadStack,
  moveIf,
  moveTop,
  pop,
  storeStack,
  storeStackQuietly,
} from './exec/x87-stack';
import { storeDecimal, storeExtended, storeFloat, storeInteger } from './exec/x87-store';
import {
  angle,
  exponential,
  logarithmOnePlusTimes,
  logarithmTimes,
  sineAndCosineOrTangent,
  sineOrCosine,
} from './exec/x87-transcendental';
import { cpu, register, selector } from './state';
import { UopRecord } from './uop-record';
import { initializeX87, isX87ExceptionPending, reportX87Exception, x87StatusWord } from './x87-state';

/** All of FOP. */
const OPCODE_MASK: u32 = 0x7ff;
/** The sign bit of an extended number, and all others of its upper part. */
const SIGN: u32 = 0x8000;
const NOT_SIGN: u32 = 0x7fff;

/** Runs an x87 operation. Aborts with #MF for a pending exception, or with the fault of its memory operand. */
export function executeX87(uop: UopRecord): Flow {
  const op = <X87Op>((<i32>uop.imm) & 0xffff);
  if (op >= X87Op.Wait && isX87ExceptionPending()) return reportX87Exception();
  if ((<u32>uop.imm) >> X87_ADDRESS_WIDTH_SHIFT != 0) return executeOnMemory(uop, op);
  executeOnRegisters(uop, op);
  if (op >= X87Op.NoOperation) recordInstruction(uop);
  return Flow.Next;
}

function executeOnMemory(uop: UopRecord, op: X87Op): Flow {
  const effective = effectiveAddress(uop);
  const linear = (uop.n & X87_ADDRESS_GIVEN) != 0 ? register<u64>(Reg.Address) : effective;
  const seg: u32 = uop.n >> 4;
  setRunningUop(changetype<u32>(uop));
  if (op < X87Op.NoOperation) return control(uop, op, linear, seg);
  if (access(uop, op, linear, seg) != Flow.Next) return Flow.Abort;
  recordInstruction(uop);
  const state = cpu();
  state.x87DataPointer = effective;
  state.x87DataSelector = selector(seg);
  return Flow.Next;
}

/** The operand's offset in its segment. */
function effectiveAddress(uop: UopRecord): u64 {
  const sum = register<u64>(uop.b) + (register<u64>(uop.c) << (uop.n & 3)) + <u64>(uop.imm >> 32);
  switch (((<u32>uop.imm) >> X87_ADDRESS_WIDTH_SHIFT) & 3) {
    case 1:
      return sum & 0xffff;
    case 2:
      return sum & 0xffffffff;
    default:
      return sum;
  }
}

/** FIP, FCS and FOP: of the instruction with its prefixes, and of its opcode without them. */
function recordInstruction(uop: UopRecord): void {
  const state = cpu();
  state.x87InstructionPointer = state.blockRip + uop.ip;
  state.x87InstructionSelector = selector(Seg.Cs);
  state.x87Opcode = ((<u32>uop.imm) >> X87_OPCODE_SHIFT) & OPCODE_MASK;
}

/** Loads and stores of control state. */
function control(uop: UopRecord, op: X87Op, linear: u64, seg: u32): Flow {
  switch (op) {
    case X87Op.StoreStatus:
      return storeWord(linear, seg, x87StatusWord());
    case X87Op.StoreControl:
      return storeWord(linear, seg, cpu().x87Control);
    case X87Op.StoreEnvironment:
      return storeEnvironment(linear, seg, uop.a);
    case X87Op.Save:
      return saveState(linear, seg, uop.a);
    case X87Op.LoadControl:
      return loadControlWord(linear, seg);
    case X87Op.LoadEnvironment:
      return loadEnvironment(linear, seg, uop.a);
    case X87Op.Restore:
      return restoreState(linear, seg, uop.a);
    default:
      unreachable();
      return Flow.Abort;
  }
}

/** Operations on numbers in memory. */
function access(uop: UopRecord, op: X87Op, linear: u64, seg: u32): Flow {
  const isPopping = uop.a != 0;
  switch (op) {
    case X87Op.ArithmeticFloat32:
      return arithmeticFloat<u32>(<X87Arithmetic>(<i32>uop.a), linear, seg);
    case X87Op.ArithmeticFloat64:
      return arithmeticFloat<u64>(<X87Arithmetic>(<i32>uop.a), linear, seg);
    case X87Op.ArithmeticInteger16:
      return arithmeticInteger<i16>(<X87Arithmetic>(<i32>uop.a), linear, seg);
    case X87Op.ArithmeticInteger32:
      return arithmeticInteger<i32>(<X87Arithmetic>(<i32>uop.a), linear, seg);
    case X87Op.LoadFloat32:
      return loadFloat<u32>(linear, seg);
    case X87Op.LoadFloat64:
      return loadFloat<u64>(linear, seg);
    case X87Op.LoadExtended:
      return loadExtended(linear, seg);
    case X87Op.LoadInteger16:
      return loadInteger<i16>(linear, seg);
    case X87Op.LoadInteger32:
      return loadInteger<i32>(linear, seg);
    case X87Op.LoadInteger64:
      return loadInteger<i64>(linear, seg);
    case X87Op.LoadDecimal:
      return loadDecimal(linear, seg);
    case X87Op.StoreFloat32:
      return storeFloat<u32>(linear, seg, isPopping);
    case X87Op.StoreFloat64:
      return storeFloat<u64>(linear, seg, isPopping);
    case X87Op.StoreExtendedPop:
      return storeExtended(linear, seg);
    case X87Op.StoreInteger16:
      return storeInteger<i16>(linear, seg, false, isPopping);
    case X87Op.StoreInteger32:
      return storeInteger<i32>(linear, seg, false, isPopping);
    case X87Op.StoreInteger64:
      return storeInteger<i64>(linear, seg, false, isPopping);
    case X87Op.StoreTruncated16:
      return storeInteger<i16>(linear, seg, true, true);
    case X87Op.StoreTruncated32:
      return storeInteger<i32>(linear, seg, true, true);
    case X87Op.StoreTruncated64:
      return storeInteger<i64>(linear, seg, true, true);
    case X87Op.StoreDecimalPop:
      return storeDecimal(linear, seg);
    default:
      unreachable();
      return Flow.Abort;
  }
}

/** Operations on registers alone: they cannot fault. */
function executeOnRegisters(uop: UopRecord, op: X87Op): void {
  switch (op) {
    case X87Op.Initialize:
      initializeX87();
      break;
    case X87Op.ClearExceptions:
      clearExceptions();
      break;
    case X87Op.StoreStatusAx:
      storeStatusAx();
      break;
    case X87Op.Nothing:
    case X87Op.Wait:
    case X87Op.NoOperation:
      break;
    case X87Op.LoadStack:
      loadStack(uop.a);
      break;
    case X87Op.StoreStack:
      storeStack(uop.a, false);
      break;
    case X87Op.StoreStackPop:
      storeStack(uop.a, true);
      break;
    case X87Op.StoreStackPopQuiet:
      storeStackQuietly(uop.a);
      break;
    case X87Op.Exchange:
      exchange(uop.a);
      break;
    case X87Op.Free:
      free(uop.a);
      break;
    case X87Op.FreePop:
      free(uop.a);
      pop();
      break;
    case X87Op.IncrementTop:
      moveTop(1);
      break;
    case X87Op.DecrementTop:
      moveTop(-1);
      break;
    case X87Op.MoveIf:
      moveIf(uop.a, uop.n);
      break;
    case X87Op.ChangeSign:
      changeSign(SIGN | NOT_SIGN, SIGN);
      break;
    case X87Op.Absolute:
      changeSign(NOT_SIGN, 0);
      break;
    case X87Op.Test:
      testTop();
      break;
    case X87Op.Examine:
      examineTop();
      break;
    case X87Op.Arithmetic:
      arithmeticOnTop(uop.a >> 3, uop.a & 7);
      break;
    case X87Op.ArithmeticInto:
      arithmeticStack(<X87Arithmetic>(<i32>(uop.a >> 3)), uop.a & 7, uop.a & 7, false);
      break;
    case X87Op.ArithmeticIntoPop:
      arithmeticStack(<X87Arithmetic>(<i32>(uop.a >> 3)), uop.a & 7, uop.a & 7, true);
      break;
    case X87Op.ComparePopTwice:
      compareStack(1, false, 2);
      break;
    case X87Op.CompareQuiet:
      compareStack(uop.a, true, 0);
      break;
    case X87Op.CompareQuietPop:
      compareStack(uop.a, true, 1);
      break;
    case X87Op.CompareQuietPopTwice:
      compareStack(1, true, 2);
      break;
    case X87Op.CompareFlags:
      compareFlags(uop.a, false, false);
      break;
    case X87Op.CompareFlagsPop:
      compareFlags(uop.a, false, true);
      break;
    case X87Op.CompareFlagsQuiet:
      compareFlags(uop.a, true, false);
      break;
    case X87Op.CompareFlagsQuietPop:
      compareFlags(uop.a, true, true);
      break;
    case X87Op.LoadConstant:
      loadConstant(uop.a);
      break;
    case X87Op.SquareRoot:
      squareRootOfTop();
      break;
    case X87Op.RoundToInteger:
      roundTop();
      break;
    case X87Op.Scale:
      scale();
      break;
    case X87Op.Extract:
      extract();
      break;
    case X87Op.Remainder:
      remainder(false);
      break;
    case X87Op.RemainderNearest:
      remainder(true);
      break;
    case X87Op.Exponential:
      exponential();
      break;
    case X87Op.Logarithm:
      logarithmTimes();
      break;
    case X87Op.LogarithmPlusOne:
      logarithmOnePlusTimes();
      break;
    case X87Op.Tangent:
      sineAndCosineOrTangent(true);
      break;
    case X87Op.Arctangent:
      angle();
      break;
    case X87Op.Sine:
      sineOrCosine(true);
      break;
    case X87Op.Cosine:
      sineOrCosine(false);
      break;
    case X87Op.SineCosine:
      sineAndCosineOrTangent(false);
      break;
    default:
      unreachable();
  }
}

/** FCOM and FCOMP lie among the arithmetic operations. */
function arithmeticOnTop(operation: u32, i: u32): void {
  if (operation == X87Arithmetic.Compare) compareStack(i, false, 0);
  else if (operation == X87Arithmetic.ComparePop) compareStack(i, false, 1);
  else arithmeticStack(<X87Arithmetic>operation, i, 0, false);
}
