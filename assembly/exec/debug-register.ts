/** MOV to and from debug registers (APM vol 2 §13.1.1). Every exception comes before the intercept. */
import { ExitCode } from '../abi/exit-code';
import { Cr4, Debug } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import { Vector } from '../abi/vector';
import { isAborted, isIntercepted, raise, raiseExit, raiseGp, raiseUd } from '../fault';
import { cpu, is64Bit, register, setRegister } from '../state';
import { UopRecord } from '../uop-record';
import { leaveInNewMode } from './completion';

/** DR6: B0 to B3, BD, BS, BT can be written; the rest reads as at reset. */
const DR6_WRITABLE: u64 = 0xe00f;
/** DR7: L and G bits, LE, GE, GD and the four conditions; bit 10 reads as one, 11, 12, 14 and 15 as zero. */
const DR7_WRITABLE: u64 = 0xffff23ff;

/** DR4 and DR5 are DR6 and DR7 unless CR4.DE takes them away. */
function resolve(number: u32): u32 {
  return number == 4 || number == 5 ? number + 2 : number;
}

/** Records #UD, #GP(0) or the general-detect #DB of an access to debug register `number`. */
function checkAccess(number: u32): void {
  const state = cpu();
  const isAlias = number == 4 || number == 5;
  if (number > 7 || (isAlias && (state.cr4 & Cr4.De) != 0)) {
    raiseUd();
  } else if (state.cpl != 0) {
    raiseGp();
  } else if ((state.dr7 & Debug.Dr7Gd) != 0) {
    detect();
  }
}

/** DR7.GD: #DB as a fault, with DR6 and DR7 as the handler is to see them, even if a hypervisor sees them first. */
function detect(): void {
  const state = cpu();
  state.dr6 |= Debug.Dr6Bd;
  state.dr7 &= ~(<u64>Debug.Dr7Gd);
  raise(Vector.Db);
}

function readDebug(number: u32): u64 {
  const state = cpu();
  switch (resolve(number)) {
    case 0:
      return state.dr0;
    case 1:
      return state.dr1;
    case 2:
      return state.dr2;
    case 3:
      return state.dr3;
    case 6:
      return state.dr6;
    default:
      return state.dr7;
  }
}

function writeDebug(number: u32, value: u64): void {
  const state = cpu();
  switch (resolve(number)) {
    case 0:
      state.dr0 = value;
      break;
    case 1:
      state.dr1 = value;
      break;
    case 2:
      state.dr2 = value;
      break;
    case 3:
      state.dr3 = value;
      break;
    case 6:
      state.dr6 = (value & DR6_WRITABLE) | (<u64>(<u32>Debug.Dr6Reset));
      break;
    default:
      state.dr7 = (value & DR7_WRITABLE) | Debug.Dr7Reset;
      break;
  }
}

export function movFromDr(uop: UopRecord): Flow {
  const number: u32 = uop.b;
  checkAccess(number);
  if (isAborted()) return Flow.Abort;
  const code: ExitCode = ExitCode.Dr0Read + number;
  if (isIntercepted(code)) return raiseExit(code, <u64>(uop.a >> 3), 0, cpu().nextRip);
  if (is64Bit()) setRegister<u64>(uop.a, readDebug(number));
  else setRegister<u32>(uop.a, <u32>readDebug(number));
  return Flow.Next;
}

export function movToDr(uop: UopRecord): Flow {
  const number: u32 = uop.b;
  checkAccess(number);
  if (isAborted()) return Flow.Abort;
  const value = is64Bit() ? register<u64>(uop.a) : <u64>register<u32>(uop.a);
  if (number >= 4 && value >> 32 != 0) return raiseGp();
  const code: ExitCode = ExitCode.Dr0Write + number;
  if (isIntercepted(code)) return raiseExit(code, <u64>(uop.a >> 3), 0, cpu().nextRip);
  writeDebug(number, value);
  return leaveInNewMode();
}
