/**
 * Whether an x87, media or vector instruction can run, decided when it is decoded: the control bits are part of the key of
 * its block (APM vol 2 §11.3).
 *
 * Each function returns true, or emits the exception that the instruction raises instead and returns false.
 */
import { SysOp } from '../../../assembly/abi/sys-op.js';
import type { LoweringContext } from './context.js';

/** Legacy SSE: #UD if CR0.EM is set or CR4.OSFXSR is clear, then #NM if CR0.TS is set. */
export function requireSse(context: LoweringContext): boolean {
  const { mode } = context;
  if (mode.isEmulated || !mode.hasOsfxsr) return refuse(context);
  return requireTaskOwner(context);
}

/**
 * VEX-encoded: #UD outside of protected mode and where XCR0 does not enable AVX state; CR0.EM does not matter.
 */
export function requireAvx(context: LoweringContext): boolean {
  const { mode } = context;
  const isEnabled = mode.hasAvx && !mode.isRealOrV86;
  if (!isEnabled || context.instruction.isEvex) return refuse(context);
  return requireTaskOwner(context);
}

/** MMX: #UD if CR0.EM is set, then #NM if CR0.TS is set. A pending x87 exception is the operation's business. */
export function requireMmx(context: LoweringContext): boolean {
  return context.mode.isEmulated ? refuse(context) : requireTaskOwner(context);
}

/** x87: #NM if CR0.EM or CR0.TS is set. */
export function requireX87(context: LoweringContext): boolean {
  const { mode } = context;
  if (!mode.isEmulated && !mode.isTaskSwitched) return true;
  context.sysEnd(SysOp.DeviceNotAvailable);
  return false;
}

function requireTaskOwner(context: LoweringContext): boolean {
  if (!context.mode.isTaskSwitched) return true;
  context.sysEnd(SysOp.DeviceNotAvailable);
  return false;
}

function refuse(context: LoweringContext): false {
  context.sysEnd(SysOp.Undefined);
  return false;
}
