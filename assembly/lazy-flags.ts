/** From the values that compiled code leaves of its last operation to the flags in the state. */
import {
  FlagCell,
  FlagKind,
  FlagRotation,
  FlagStep,
  MissingFlag,
  ROTATION_SHIFT,
  STEP_SHIFT,
} from './abi/flag-kind';
import {
  carryFlag,
  setAddFlags,
  setCarryOverflow,
  setDecFlags,
  setIncFlags,
  setLogicFlags,
  setResultFlags,
  setSubFlags,
} from './flags';

/** Where compiled code leaves flags (`FlagCell`). */
const CELLS = <u32>memory.data(48, 8);

export const FLAG_CELLS_ADDRESS: u32 = CELLS;

/** What is left of a kind without `MissingFlag` and the step. */
const KIND: u32 = 0x1f;
/** Of a step. */
const STEP: u32 = 0xf;

/** Writes the status flags that the cells stand for (abi/flag-kind.ts). */
export function settleFlags(): void {
  const all = load<u32>(CELLS, FlagCell.Kind);
  settleOperation(all & KIND, all);
  const step = (all >> STEP_SHIFT) & STEP;
  if (step != 0) settleStep(step, load<u64>(CELLS, FlagCell.Step));
  const rotation = all >> ROTATION_SHIFT;
  if (rotation != 0) settleRotation(rotation, load<u64>(CELLS, FlagCell.Rotation));
}

function settleOperation(kind: FlagKind, missing: u32): void {
  const left = load<u64>(CELLS, FlagCell.Left);
  const right = load<u64>(CELLS, FlagCell.Right);
  const result = load<u64>(CELLS, FlagCell.Result);
  const isSum = kind < FlagKind.Sub8;
  if ((missing & MissingFlag.Left) != 0) settle(kind, isSum ? result - right : result + right, right, result);
  else if ((missing & MissingFlag.Right) != 0)
    settle(kind, left, isSum ? result - left : left - result, result);
  else if ((missing & MissingFlag.Result) != 0)
    settle(kind, left, right, isSum ? left + right : left - right);
  else settle(kind, left, right, result);
}

function settle(kind: FlagKind, left: u64, right: u64, result: u64): void {
  switch (kind) {
    case FlagKind.Settled:
      break;
    case FlagKind.Explicit:
      setResultFlags<u64>(result, <u32>right);
      break;
    case FlagKind.Add8:
      setAddFlags<u8>(<u8>left, <u8>right, <u8>result);
      break;
    case FlagKind.Add16:
      setAddFlags<u16>(<u16>left, <u16>right, <u16>result);
      break;
    case FlagKind.Add32:
      setAddFlags<u32>(<u32>left, <u32>right, <u32>result);
      break;
    case FlagKind.Add64:
      setAddFlags<u64>(left, right, result);
      break;
    case FlagKind.Sub8:
      setSubFlags<u8>(<u8>left, <u8>right, <u8>result);
      break;
    case FlagKind.Sub16:
      setSubFlags<u16>(<u16>left, <u16>right, <u16>result);
      break;
    case FlagKind.Sub32:
      setSubFlags<u32>(<u32>left, <u32>right, <u32>result);
      break;
    case FlagKind.Sub64:
      setSubFlags<u64>(left, right, result);
      break;
    case FlagKind.Logic8:
      setLogicFlags<u8>(<u8>result);
      break;
    case FlagKind.Logic16:
      setLogicFlags<u16>(<u16>result);
      break;
    case FlagKind.Logic32:
      setLogicFlags<u32>(<u32>result);
      break;
    case FlagKind.Logic64:
      setLogicFlags<u64>(result);
      break;
    default:
      unreachable();
  }
}

/** CF of the same. */
export function carryOf(): u32 {
  settleFlags();
  return carryFlag();
}

/** INC and DEC. */
function settleStep(step: FlagStep, result: u64): void {
  switch (step) {
    case FlagStep.Inc8:
      return setIncFlags<u8>(<u8>(result - 1), <u8>result);
    case FlagStep.Inc16:
      return setIncFlags<u16>(<u16>(result - 1), <u16>result);
    case FlagStep.Inc32:
      return setIncFlags<u32>(<u32>(result - 1), <u32>result);
    case FlagStep.Inc64:
      return setIncFlags<u64>(result - 1, result);
    case FlagStep.Dec8:
      return setDecFlags<u8>(<u8>(result + 1), <u8>result);
    case FlagStep.Dec16:
      return setDecFlags<u16>(<u16>(result + 1), <u16>result);
    case FlagStep.Dec32:
      return setDecFlags<u32>(<u32>(result + 1), <u32>result);
    default:
      return setDecFlags<u64>(result + 1, result);
  }
}

function settleRotation(rotation: FlagRotation, result: u64): void {
  switch (rotation) {
    case FlagRotation.Rol32:
      return setRotated((<u32>result) & 1, (<u32>(result >> 31)) & 1);
    case FlagRotation.Rol64:
      return setRotated((<u32>result) & 1, <u32>(result >> 63));
    case FlagRotation.Ror32:
      return setRotated((<u32>(result >> 31)) & 1, (<u32>(result >> 30)) & 1);
    default:
      return setRotated(<u32>(result >> 63), (<u32>(result >> 62)) & 1);
  }
}

/** CF is the bit that has come in last; OF is set if it differs from the other one. */
function setRotated(carry: u32, other: u32): void {
  setCarryOverflow(carry, carry != other);
}
