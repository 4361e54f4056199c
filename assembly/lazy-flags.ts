/** From the values that compiled code remembers of its last operation to the flags in the state. */
import { FlagKind } from './abi/flag-kind';
import {
  carryFlag,
  setAddFlags,
  setCarryFlag,
  setDecFlags,
  setIncFlags,
  setResultFlags,
  setSubFlags,
} from './flags';

/** Writes the status flags that `kind`, `left`, `right` and `result` stand for (abi/flag-kind.ts). */
export function settleFlags(kind: FlagKind, left: u64, right: u64, result: u64): void {
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
    case FlagKind.Inc8:
      settleInc<u8>(<u8>result, <u32>right);
      break;
    case FlagKind.Inc16:
      settleInc<u16>(<u16>result, <u32>right);
      break;
    case FlagKind.Inc32:
      settleInc<u32>(<u32>result, <u32>right);
      break;
    case FlagKind.Inc64:
      settleInc<u64>(result, <u32>right);
      break;
    case FlagKind.Dec8:
      settleDec<u8>(<u8>result, <u32>right);
      break;
    case FlagKind.Dec16:
      settleDec<u16>(<u16>result, <u32>right);
      break;
    case FlagKind.Dec32:
      settleDec<u32>(<u32>result, <u32>right);
      break;
    case FlagKind.Dec64:
      settleDec<u64>(result, <u32>right);
      break;
    default:
      unreachable();
  }
}

/** CF of the same. */
export function carryOf(kind: FlagKind, left: u64, right: u64, result: u64): u32 {
  settleFlags(kind, left, right, result);
  return carryFlag();
}

function settleInc<T extends number>(result: T, carry: u32): void {
  setIncFlags<T>(<T>(result - <T>1), result);
  setCarryFlag(carry);
}

function settleDec<T extends number>(result: T, carry: u32): void {
  setDecFlags<T>(<T>(result + <T>1), result);
  setCarryFlag(carry);
}
