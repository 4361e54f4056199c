/** Where compiled code is left: what it still keeps of the x87 unit goes to the state (abi/x87-exit.ts). */
import { Seg } from './abi/register';
import { X87_EXIT_OPCODE_SHIFT, X87Exit } from './abi/x87-exit';
import { clearC1, X87Status } from './exec/x87-exception';
import { FloatException } from './softfloat/environment';
import { cpu, selector } from './state';
import { physicalX87, SIGN_EXPONENT } from './x87-state';

/** Bits that count registers from `base`, as bits that count physical ones. */
function rotated(bits: u32, base: u32): u32 {
  const twice = (bits & 0xff) << base;
  return (twice | (twice >> 8)) & 0xff;
}

/**
 * @param exit An `X87Exit`.
 * @param operand Segment and opcode.
 * @param base TOP when the code began to keep registers.
 * @param status FSW before a store that has faulted.
 * @param inexact Not zero: something was inexact.
 * @param up C1.
 */
export function publishX87(
  exit: u32,
  operand: u32,
  base: u32,
  status: u32,
  instruction: u64,
  data: u64,
  inexact: u64,
  up: u64,
): void {
  const state = cpu();
  const filled = rotated(exit >> X87Exit.FilledShift, base);
  const emptied = rotated(exit >> X87Exit.EmptiedShift, base);
  state.x87Tags = (state.x87Tags | filled) & ~emptied;
  state.x87Top = (base + (exit >> X87Exit.DepthShift)) & 7;
  if ((exit & X87Exit.RestoresStatus) != 0) state.x87Status = status;
  if (inexact != 0) state.x87Status |= FloatException.Precision;
  if ((exit & (X87Exit.ClearsC1 | X87Exit.HasC1)) != 0) clearC1();
  if ((exit & X87Exit.HasC1) != 0 && up != 0) state.x87Status |= X87Status.C1;
  if ((exit & X87Exit.HasInstruction) != 0) {
    state.x87InstructionPointer = instruction;
    state.x87InstructionSelector = selector(Seg.Cs);
    state.x87Opcode = operand >> X87_EXIT_OPCODE_SHIFT;
  }
  if ((exit & X87Exit.HasData) != 0) {
    state.x87DataPointer = data;
    state.x87DataSelector = selector(operand & ((1 << X87_EXIT_OPCODE_SHIFT) - 1));
  }
}

/** ST as kept: a register, counted from `base`. */
export function publishX87Register(exit: u32, base: u32, index: u32, significand: u64, top: u32): void {
  if (((exit >> index) & 1) == 0) return;
  const to = physicalX87(base + index);
  store<u64>(to, significand);
  store<u16>(to, <u16>top, SIGN_EXPONENT);
}
