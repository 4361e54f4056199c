/** The locals of a compiled function. The first 32 are the slots of the register file (abi/register.ts), BlockRip and Zero unused. */
import { ExtentSlot } from '../../assembly/abi/extent.js';
import { VectorRegister } from '../../assembly/abi/vector-register.js';
import type { LocalGroup } from './wasm-module.js';
import { Type } from './wasm-opcodes.js';

export enum Local {
  // i64
  /** RIP of the region's entry. */
  EntryRip = 22,
  // What the last operation that wrote flags was made of (flag-values.ts).
  FlagLeft = 32,
  FlagRight,
  FlagResult,
  /** Of INC or DEC, which keep CF. */
  StepResult,
  Linear,
  /** RIP to leave with. */
  ExitRip,
  Asid,
  /** Where the runs of pages begin that addresses are held against (assembly/extents.ts). */
  RunFirst,
  /** What loads and stores leave for loads behind them (kept-values.ts). */
  Kept = RunFirst + 2 * ExtentSlot.Count,
  KeptEnd = Kept + 8,
  Wide0 = KeptEnd,
  Wide1,
  /** Significands of the x87 registers that are kept, counted from `X87Base`. */
  X87Significand,
  /** Where the last x87 instruction and its operand are. */
  X87Instruction = X87Significand + 8,
  X87Data,
  /** What inline operations have rounded off since `X87Base` was set: not zero if any was inexact. */
  X87Inexact,
  /** C1 of the last inline operation, 0 or 1. */
  X87Up,
  // Within one operation.
  X87High,
  X87Low,
  X87Small,
  X87Shift,
  /** What general registers and `FlagLeft` to `FlagResult` were before a stretch that may be undone (float-trial.ts). */
  SavedSlots,
  SavedFlags = SavedSlots + 16,
  // i32
  /** Instructions that may still be run. */
  Remaining = SavedFlags + 3,
  /** What it must be at least for a turn in which accesses are not looked at. */
  Limit,
  /** What it was before turns that may be undone, and what it must have come down to for the next (tentative-loop.ts). */
  SavedRemaining,
  NextAttempt,
  /** What it was at the start. */
  Budget,
  TlbBank,
  TlbEntry,
  /** What makes Wasm addresses of linear addresses within those runs. */
  RunAddend,
  /** Wasm addresses of the lowest of accesses that are looked at together. */
  Bases = RunAddend + 2 * ExtentSlot.Count,
  BasesEnd = Bases + 4,
  /** Wasm address of an access. */
  Host = BasesEnd,
  /** What to return: a `Flow`, or the micro-op that the interpreter is to go on with. */
  ExitFlow,
  /** The block of that micro-op. */
  ExitBlock,
  /** The region must be left after the running instruction: its code has changed. */
  IsStale,
  Narrow0,
  Narrow1,
  /** Signs and exponents of the x87 registers that are kept. */
  X87Upper,
  /** TOP when the block began to keep registers. */
  X87Base = X87Upper + 8,
  /** FSW before a store that may fault. */
  X87Status,
  /** The control word says 64 bits and nearest even. */
  X87IsUsual,
  /** So it does, and FSW.PE is set: nothing need be noted of what is rounded off. */
  X87IsSettled,
  X87IsSwapped,
  X87OperandUpper,
  /** What is kept where the region is left (assembly/abi/x87-exit.ts), or 0; and the last opcode and segment. */
  X87Exit,
  X87Operand,
  /** Whether MXCSR is such that Wasm's arithmetic gives what x86's does (float-mode.ts). */
  FloatMode,
  /** How often a stretch that may be undone may still be tried (float-trial.ts). */
  FloatChances,
  // f64
  Double0,
  Double1,
  Double2,
  // f32
  Single0,
  Single1,
  Single2,
  // v128
  Vector0,
  Vector1,
  Vector2,
  Vector3,
  Vector4,
  Vector5,
  /** Values that wait for a look (ordinary-numbers.ts). */
  Doubts,
  /** The first of those that hold vector registers (vector-registers.ts). */
  Vectors = Doubts + 8,
}

export const DOUBTS = Local.Vectors - Local.Doubts;

/**
 * All of them, with so many for vector registers, and what floating-point arithmetic takes beside them (vector-registers.ts), and
 * x87 arithmetic.
 */
export function localsOf(
  vectorRegisters: number,
  hasFloat: boolean,
  ordinary: { wide: number; narrow: number },
): readonly LocalGroup[] {
  const saved = hasFloat ? vectorRegisters : 0;
  const lanes = hasFloat ? VectorRegister.Count : 0;
  return [
    { type: Type.I64, count: Local.Remaining },
    { type: Type.I32, count: Local.Double0 - Local.Remaining },
    { type: Type.F64, count: Local.Single0 - Local.Double0 },
    { type: Type.F32, count: Local.Vector0 - Local.Single0 },
    { type: Type.V128, count: Local.Vectors - Local.Vector0 + vectorRegisters + saved },
    { type: Type.F64, count: lanes },
    { type: Type.F32, count: lanes },
    { type: Type.I64, count: ordinary.wide },
    { type: Type.I32, count: ordinary.narrow },
  ];
}

/** The first of those that x87 numbers take which are known to be ordinary (x87-ordinary-numbers.ts). */
export function firstOrdinary(vectorRegisters: number, hasFloat: boolean): number {
  const groups = localsOf(vectorRegisters, hasFloat, { wide: 0, narrow: 0 });
  return groups.reduce((sum, { count }) => sum + count, 0);
}
