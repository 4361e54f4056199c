/**
 * Loads and stores: inline a run of pages that is looked at first, and the TLB (assembly/extents.ts, assembly/tlb.ts); and what is
 * done where they do not know the page.
 */
import { Reg, Seg } from '../../assembly/abi/register.js';
import { Flow } from '../../assembly/abi/stop.js';
import { Uop } from '../../assembly/abi/uop.js';
import type { Width } from '../../assembly/abi/width.js';
import type { CodeWriter } from './code-writer.js';
import { EXTENT_BYTES, ExtentField, Import, type StateAddresses, TlbField } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { Reach } from './reach.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { Op, Type } from './wasm-opcodes.js';

/** Entries of a bank of the TLB times their size, less one entry: masks the offset of an entry. */
const ENTRY_MASK = 0x7fe0;
/** From the bits of a linear address to the offset of an entry: page number times 32. */
const ENTRY_SHIFT = 7;

/** A run of pages: its number, and the locals with where it begins and what makes Wasm addresses of linear ones. */
interface Run {
  readonly number: number;
  readonly first: Local;
  readonly addend: Local;
}

const run = (number: number): Run => ({
  number,
  first: Local.RunFirst + number,
  addend: Local.RunAddend + number,
});
/** For loads and stores, those of data and of the stack (assembly/extents.ts). */
const RUNS = [
  [run(0), run(1)],
  [run(2), run(3)],
] as const;

/** Locals ← what is fixed of the runs while compiled code runs. */
export function loadRuns(code: CodeWriter, { extents }: StateAddresses): void {
  for (const { number, first, addend } of RUNS.flat()) {
    code.i32(0);
    code.memory(Op.I64Load, extents + number * EXTENT_BYTES + ExtentField.First);
    code.set(first);
    code.i32(0);
    code.memory(Op.I32Load, extents + number * EXTENT_BYTES + ExtentField.Addend);
    code.set(addend);
  }
}

const LOADS = [Op.I64Load8U, Op.I64Load16U, Op.I64Load32U, Op.I64Load] as const;
const STORES = [Op.I64Store8, Op.I64Store16, Op.I64Store32, Op.I64Store] as const;

/** `Local.Linear` ← the address that a micro-op names: base + (index << scale) + displacement. */
export function linearAddress(emitter: Emitter, uop: UopFields, wraps: boolean): void {
  const { code } = emitter;
  effectiveAddress(emitter, uop, uop.n & 3);
  if (wraps) emitter.truncateToDword();
  code.set(Local.Linear);
}

/** Pushes base + (index << scale) + displacement (i64). */
export function effectiveAddress(emitter: Emitter, uop: UopFields, scale: number): void {
  const { code } = emitter;
  emitter.wide(uop.b);
  if (uop.c !== Reg.Zero) {
    emitter.wide(uop.c);
    if (scale !== 0) {
      code.i64(scale);
      code.op(Op.I64Shl);
    }
    code.op(Op.I64Add);
  }
  if (uop.low !== 0 || uop.high !== 0) {
    code.i64(uop.low, uop.high);
    code.op(Op.I64Add);
  }
}

/** Pushes memory at `Local.Linear`, zero-extended (i64). Leaves before the instruction if the interpreter has to make the access. */
export function load(emitter: Emitter, width: Width, segment: number, isForWrite = false): void {
  const { code } = emitter;
  const tag = isForWrite ? TlbField.WriteTag : TlbField.ReadTag;
  if (emitter.leaves) {
    locate(emitter, width, tag, segment);
    return code.memory(LOADS[width]!, 0);
  }
  hit(emitter, width, tag);
  emitter.open(Op.If, Type.I64);
  host(emitter);
  code.memory(LOADS[width]!, 0);
  emitter.else();
  code.get(Local.Linear);
  code.i32(segment);
  code.call((isForWrite ? Import.ReadForWrite8 : Import.Read8) + width);
  leaveIfAborted(emitter);
  emitter.close();
}

/**
 * Memory at `Local.Linear` ← the low bits of what `pushValue` pushes (i64). Leaves before the instruction if the interpreter
 * has to make the access; `onChange` emits what is done if the store has changed code of a region.
 */
export function store(
  emitter: Emitter,
  width: Width,
  segment: number,
  pushValue: () => void,
  onChange: () => void,
): void {
  const { code } = emitter;
  if (emitter.leaves) {
    locate(emitter, width, TlbField.WriteTag, segment);
    pushValue();
    return code.memory(STORES[width]!, 0);
  }
  hit(emitter, width, TlbField.WriteTag);
  emitter.open(Op.If);
  host(emitter);
  pushValue();
  code.memory(STORES[width]!, 0);
  emitter.else();
  code.get(Local.Linear);
  code.i32(segment);
  pushValue();
  code.call(Import.Write8 + width);
  leaveIfAborted(emitter);
  emitter.loadState(Op.I32Load, emitter.addresses.staleness);
  emitter.open(Op.If);
  onChange();
  emitter.close();
  emitter.close();
}

/** Pushes the Wasm address of `1 << width` bytes at `Local.Linear`, or leaves the instruction to the interpreter. */
export function locate(emitter: Emitter, width: number, tag: TlbField, segment: number): void {
  const isInRuns = emitter.reach === Reach.Runs;
  const run = RUNS[tag === TlbField.ReadTag ? 0 : 1][segment === Seg.Ss ? 1 : 0];
  if (isInRuns) isWithin(emitter, run);
  else hit(emitter, width, tag);
  emitter.open(Op.If, Type.I32);
  if (isInRuns) hostWithin(emitter, run);
  else host(emitter);
  emitter.else();
  emitter.exitToInterpreter();
  emitter.close();
}

/** Pushes whether an access at `Local.Linear` lies within a run. */
function isWithin(emitter: Emitter, { first, number }: Run): void {
  const { code } = emitter;
  code.get(Local.Linear);
  code.get(first);
  code.op(Op.I64Sub);
  emitter.loadState(Op.I64Load, emitter.addresses.extents + number * EXTENT_BYTES + ExtentField.Starts);
  code.op(Op.I64LtU);
}

/** Pushes the Wasm address of `Local.Linear`, which lies within a run. */
function hostWithin({ code }: Emitter, { addend }: Run): void {
  code.get(Local.Linear);
  code.op(Op.I32WrapI64);
  code.get(addend);
  code.op(Op.I32Add);
}

/** What most stores do if they have changed code: leave when the instruction is complete. */
export function leaveWhenComplete(emitter: Emitter): void {
  if (emitter.endsInstruction) return emitter.exitAfter();
  emitter.mayBeStale = true;
  emitter.code.i32(1);
  emitter.code.set(Local.IsStale);
}

/** Leaves before the running instruction if a core function has recorded a fault. */
export function leaveIfAborted(emitter: Emitter): void {
  emitter.loadState(Op.I32Load, emitter.addresses.pending);
  emitter.open(Op.If);
  emitter.exitBefore(Flow.Abort);
  emitter.close();
}

/** Pushes whether the TLB has the page of the last byte of `1 << width` bytes; `Local.TlbEntry` ← the entry. */
export function hit(emitter: Emitter, width: number, tag: TlbField): void {
  const { code } = emitter;
  code.get(Local.Linear);
  code.op(Op.I32WrapI64);
  code.i32(ENTRY_SHIFT);
  code.op(Op.I32ShrU);
  code.i32(ENTRY_MASK);
  code.op(Op.I32And);
  code.get(Local.TlbBank);
  code.op(Op.I32Add);
  code.tee(Local.TlbEntry);
  code.memory(Op.I64Load, tag);
  code.get(Local.Linear);
  if (width > 0) {
    code.i64((1 << width) - 1);
    code.op(Op.I64Add);
  }
  code.i64(-4096);
  code.op(Op.I64And);
  code.get(Local.Asid);
  code.op(Op.I64Or);
  code.op(Op.I64Eq);
}

/** Pushes the Wasm address of `Local.Linear`. */
export function host(emitter: Emitter): void {
  const { code } = emitter;
  code.get(Local.Linear);
  code.op(Op.I32WrapI64);
  code.get(Local.TlbEntry);
  code.memory(Op.I32Load, TlbField.Addend);
  code.op(Op.I32Add);
}

/** The width of an access and whether its address wraps, from its micro-op and the first of its family. */
export function accessOf(code: Uop, first: Uop): { width: Width; wraps: boolean } {
  const index = code - first;
  return { width: index & 3, wraps: index >= 4 };
}
