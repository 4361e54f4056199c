/** The x87 register stack: pushes, pops, stack faults, and what only moves registers (APM vol 1 §6.2, vol 5). */
import { condition } from '../flags';
import { cpu } from '../state';
import { physicalX87, SIGN_EXPONENT, stackX87 } from '../x87-state';
import { beginOperation, clearC1, signalInvalid, X87Status } from './x87-exception';

/** ST(i) is empty. */
export function isEmpty(i: u32): bool {
  const state = cpu();
  return ((state.x87Tags >> ((state.x87Top + i) & 7)) & 1) == 0;
}

/** ST(i) is not empty any more. */
export function fill(i: u32): void {
  const state = cpu();
  state.x87Tags |= (<u32>1) << ((state.x87Top + i) & 7);
}

/** Moves TOP down onto a register that is not empty then. Returns its address. */
export function push(): u32 {
  const state = cpu();
  const top = (state.x87Top - 1) & 7;
  state.x87Top = top;
  state.x87Tags |= (<u32>1) << top;
  return physicalX87(top);
}

export function pop(): void {
  const state = cpu();
  state.x87Tags &= ~((<u32>1) << state.x87Top);
  state.x87Top = (state.x87Top + 1) & 7;
}

/** ST(i) ← "real indefinite": what a masked invalid operation gives. */
export function setIndefinite(i: u32): void {
  writeIndefinite(stackX87(i));
  fill(i);
}

function writeIndefinite(at: u32): void {
  store<u64>(at, 0xc000000000000000);
  store<u16>(at, 0xffff, SIGN_EXPONENT);
}

/** An operand was empty. True: masked, the response is the indefinite value. */
export function underflowStack(): bool {
  return signalInvalid(X87Status.StackFault);
}

/** Begins an operation on ST(0). False: it is empty, and the response to that has been made. */
export function beginOnTop(): bool {
  if (!isEmpty(0)) {
    beginOperation();
    return true;
  }
  if (underflowStack()) setIndefinite(0);
  return false;
}

/** As `beginOnTop`, on ST(0) and ST(1), with the result in ST(0). */
export function beginOnTopTwo(): bool {
  if (!isEmpty(1)) return beginOnTop();
  if (underflowStack()) setIndefinite(0);
  return false;
}

/** Whether a push finds an empty register; if not, the masked response is done: the indefinite value is pushed. */
export function canPush(): bool {
  if (isEmpty(7)) return true;
  if (signalInvalid(X87Status.StackFault | X87Status.C1)) writeIndefinite(push());
  return false;
}

/** to ← from, both addresses of registers. */
export function copyRegister(to: u32, from: u32): void {
  v128.store(to, v128.load(from));
}

/** FLD ST(i) */
export function loadStack(i: u32): void {
  if (isEmpty(i)) {
    if (underflowStack()) writeIndefinite(push());
    return;
  }
  if (!canPush()) return;
  clearC1();
  const from = stackX87(i);
  copyRegister(push(), from);
}

/** FST ST(i), FSTP ST(i) */
export function storeStack(i: u32, isPopping: bool): void {
  if (isEmpty(0)) {
    if (!underflowStack()) return;
    setIndefinite(i);
  } else {
    clearC1();
    copyRegister(stackX87(i), stackX87(0));
    fill(i);
  }
  if (isPopping) pop();
}

/** FSTPNCE: what is empty is popped and nothing else. */
export function storeStackQuietly(i: u32): void {
  clearC1();
  if (!isEmpty(0)) storeStack(i, true);
  else pop();
}

/** FXCH */
export function exchange(i: u32): void {
  const isTopEmpty = isEmpty(0);
  const isOtherEmpty = isEmpty(i);
  if (isTopEmpty || isOtherEmpty) {
    if (!underflowStack()) return;
    if (isTopEmpty) setIndefinite(0);
    if (isOtherEmpty) setIndefinite(i);
  } else {
    clearC1();
  }
  const top = stackX87(0);
  const other = stackX87(i);
  const kept = v128.load(top);
  copyRegister(top, other);
  v128.store(other, kept);
}

/** FFREE */
export function free(i: u32): void {
  const state = cpu();
  clearC1();
  state.x87Tags &= ~((<u32>1) << ((state.x87Top + i) & 7));
}

/** FINCSTP, FDECSTP, by 1 or -1. */
export function moveTop(by: i32): void {
  const state = cpu();
  clearC1();
  state.x87Top = (state.x87Top + by) & 7;
}

/** FCMOVcc */
export function moveIf(i: u32, cc: u32): void {
  if (isEmpty(0) || isEmpty(i)) {
    if (underflowStack()) setIndefinite(0);
  } else if (condition(cc)) {
    copyRegister(stackX87(0), stackX87(i));
  }
}

/** FCHS, FABS: the sign of ST(0) is masked, then inverted. */
export function changeSign(mask: u32, invert: u32): void {
  if (isEmpty(0)) {
    if (underflowStack()) setIndefinite(0);
    return;
  }
  clearC1();
  const at = stackX87(0);
  store<u16>(at, ((<u32>load<u16>(at, SIGN_EXPONENT)) & mask) ^ invert, SIGN_EXPONENT);
}
