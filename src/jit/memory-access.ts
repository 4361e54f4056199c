/**
 * Loads and stores: inline a run of pages that is looked at first, and the TLB (assembly/extents.ts, assembly/tlb.ts); and what is
 * done where they do not know the page.
 */
import { Access } from '../../assembly/abi/access.js';
import { ExtentSlot } from '../../assembly/abi/extent.js';
import { Reg, Seg } from '../../assembly/abi/register.js';
import { Flow } from '../../assembly/abi/stop.js';
import { Uop } from '../../assembly/abi/uop.js';
import { Width } from '../../assembly/abi/width.js';
import type { CodeWriter } from './code-writer.js';
import {
  EXTENT_BYTES,
  ExtentField,
  Import,
  MissField,
  type StateAddresses,
  TlbField,
} from './core-layout.js';
import type { Emitter } from './emitter.js';
import type { AddressCheck } from './address-check.js';
import { Reach, UNUSUAL } from './reach.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { Op, Type } from './wasm-opcodes.js';

/** Entries of a bank of the TLB times their size, less one entry: masks the offset of an entry. */
const ENTRY_MASK = 0x7fe0;
/** From the bits of a linear address to the offset of an entry: page number times 32. */
const ENTRY_SHIFT = 7;

/** Locals ← what is fixed of runs of pages (assembly/extents.ts) while compiled code runs. */
export function loadRuns(code: CodeWriter, { extents }: StateAddresses, runs: Iterable<number>): void {
  for (const run of runs) {
    code.i32(0);
    code.memory(Op.I64Load, extents + run * EXTENT_BYTES + ExtentField.First);
    code.set(Local.RunFirst + run);
    code.i32(0);
    code.memory(Op.I32Load, extents + run * EXTENT_BYTES + ExtentField.Addend);
    code.set(Local.RunAddend + run);
  }
}

const LOADS = [Op.I64Load8U, Op.I64Load16U, Op.I64Load32U, Op.I64Load] as const;
const STORES = [Op.I64Store8, Op.I64Store16, Op.I64Store32, Op.I64Store] as const;

/** `Local.Linear` ← the address that a micro-op names: base + (index << scale) + displacement. */
export function linearAddress(emitter: Emitter, uop: UopFields, wraps: boolean): void {
  const { code } = emitter;
  if (wraps) wrappedAddress(emitter, uop);
  else effectiveAddress(emitter, uop, uop.n & 3);
  code.set(Local.Linear);
}

/** Pushes the same, cut to 32 bits (i64): added up as such, it needs no register of its own beside its low half. */
function wrappedAddress(emitter: Emitter, uop: UopFields): void {
  const { code } = emitter;
  emitter.narrow(uop.b, Width.Dword);
  if (uop.c !== Reg.Zero) {
    emitter.narrow(uop.c, Width.Dword);
    code.i32(uop.n & 3);
    code.op(Op.I32Shl);
    code.op(Op.I32Add);
  }
  code.i32(uop.low);
  code.op(Op.I32Add);
  code.op(Op.I64ExtendI32U);
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
    return code.memory(LOADS[width]!, locateNear(emitter, width, tag, segment));
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
    const offset = locateNear(emitter, width, TlbField.WriteTag, segment);
    pushValue();
    return code.memory(STORES[width]!, offset);
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
  const { code } = emitter;
  const offset = locateNear(emitter, width, tag, segment);
  if (offset === 0) return;
  code.i32(offset);
  code.op(Op.I32Add);
}

/**
 * The same, but for a constant, not negative, that is returned: what is pushed is the address of the lowest of the accesses that are
 * looked at together, so that one register does for all of them.
 */
function locateNear(emitter: Emitter, width: number, tag: TlbField, segment: number): number {
  const { code, uop } = emitter;
  const steady = emitter.steady?.get(uop.address);
  const check = emitter.checks.get(uop.address);
  const base = check && emitter.bases.get(check.group);
  if (steady !== undefined) {
    hostWithin(emitter, steady.run);
  } else if (check?.isDone === true) {
    if (base === undefined) hostWithin(emitter, check.run);
    else code.get(base);
  } else {
    look(emitter, width, tag, segment, check);
    if (base !== undefined) {
      code.i32(check!.offset);
      code.op(Op.I32Add);
      code.tee(base);
    }
  }
  return base === undefined ? 0 : -check!.offset;
}

/** Looks at the address, and pushes that of Wasm or leaves. */
function look(emitter: Emitter, width: number, tag: TlbField, segment: number, check?: AddressCheck): void {
  const isInRuns = emitter.reach === Reach.Runs;
  const run = check?.run ?? (isInRuns ? runOf(emitter, emitter.uop, tag, segment) : undefined);
  if (run === undefined) hit(emitter, width, tag);
  else isWithin(emitter, run, check);
  emitter.open(Op.If, Type.I32);
  if (run === undefined) host(emitter);
  else hostWithin(emitter, run);
  emitter.else();
  if (run !== undefined) noteMiss(emitter);
  emitter.exitToInterpreter();
  emitter.close();
}

/** The number of the run of pages that an access is held against; undefined: it asks the TLB. */
export function runOf(
  { runs, regionReach }: Emitter,
  uop: UopFields,
  tag: TlbField,
  segment: number,
): number | undefined {
  const access = tag === TlbField.ReadTag ? Access.Read : Access.Write;
  const usual = segment === Seg.Ss ? ExtentSlot.Stack : ExtentSlot.Data;
  const slot = regionReach.runOf(uop.address, access, usual);
  if (slot === undefined) return undefined;
  const run = slot + (access === Access.Write ? ExtentSlot.Count : 0);
  runs.add(run);
  return run;
}

/** Pushes whether an access at `Local.Linear` lies within a run, and the others that are looked at with it. */
function isWithin(emitter: Emitter, run: number, check?: AddressCheck): void {
  const { code } = emitter;
  const field = check?.isSpan === true ? ExtentField.SpanStarts : ExtentField.Starts;
  code.get(Local.Linear);
  if (check !== undefined && check.offset !== 0) {
    code.i64(check.offset);
    code.op(Op.I64Add);
  }
  code.get(Local.RunFirst + run);
  code.op(Op.I64Sub);
  emitter.loadState(Op.I64Load, emitter.addresses.extents + run * EXTENT_BYTES + field);
  code.op(Op.I64LtU);
}

/** Pushes the Wasm address of `Local.Linear`, which lies within a run. */
function hostWithin({ code }: Emitter, run: number): void {
  code.get(Local.Linear);
  code.op(Op.I32WrapI64);
  code.get(Local.RunAddend + run);
  code.op(Op.I32Add);
}

/** Says which access at `Local.Linear` lay outside of its run, so that the compiler may choose another. */
function noteMiss({ code, addresses, uop }: Emitter): void {
  code.i32(0);
  code.get(Local.Linear);
  code.memory(Op.I64Store, addresses.miss + MissField.Linear);
  code.i32(0);
  code.i32(uop.address);
  code.memory(Op.I32Store, addresses.miss + MissField.Uop);
}

/** Says that numbers of a stretch that begins with a micro-op were not ordinary (x87-trial.ts). */
export function noteUnusual({ code, addresses }: Emitter, uop: UopFields): void {
  code.i32(0);
  code.i32(uop.address + UNUSUAL);
  code.memory(Op.I32Store, addresses.miss + MissField.Uop);
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
