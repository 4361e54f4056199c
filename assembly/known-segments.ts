/**
 * What same-level.ts has found last, so that it need not look again: gates and descriptors are taken apart only where their bytes, or
 * what they were held against, have changed.
 *
 * Nothing here goes out of date by itself: each use compares the segment registers, the tables' registers and the mode, and reads
 * the tables again.
 */
import { systemHost } from './memory';
import { cpu, CpuState } from './state';

/** Descriptor or gate: its linear address and its bytes. */
@unmanaged
class KnownEntry {
  linear: u64;
  /** 0, which nothing that is present has: none is known. */
  low: u64;
  /** Of a long gate. */
  high: u64;
}

@unmanaged
class Known {
  /** Of `CpuState`, from the selectors to CR0: registers of segments and of tables. */
  segments0: u64;
  segments1: u64;
  segments2: u64;
  segments3: u64;
  segments4: u64;
  segments5: u64;
  segments6: u64;
  segments7: u64;
  segments8: u64;
  segments9: u64;
  segments10: u64;
  segments11: u64;
  csBase: u64;
  ssBase: u64;
  efer: u64;
  mode: u32;
  cpl: u32;
}

const SEGMENTS_BYTES: usize = 96;

const known = changetype<Known>(memory.data(offsetof<Known>(), 16));

/** The gate of `knownVector`, which leads to the running code segment. */
const gate = changetype<KnownEntry>(memory.data(offsetof<KnownEntry>(), 8));
let knownVector: u32 = 0;
/** The descriptors of CS and SS, which are what the registers hold. */
const code = changetype<KnownEntry>(memory.data(offsetof<KnownEntry>(), 8));
const stack = changetype<KnownEntry>(memory.data(offsetof<KnownEntry>(), 8));

/** The registers of segments and tables and the mode are what they were when the entries became known. */
export function areSegmentsKnown(state: CpuState): bool {
  const now = changetype<usize>(state) + offsetof<CpuState>('selectors');
  const then = changetype<usize>(known);
  let changes = v128.xor(v128.load(now), v128.load(then));
  changes = v128.or(changes, v128.xor(v128.load(now, 16), v128.load(then, 16)));
  changes = v128.or(changes, v128.xor(v128.load(now, 32), v128.load(then, 32)));
  changes = v128.or(changes, v128.xor(v128.load(now, 48), v128.load(then, 48)));
  changes = v128.or(changes, v128.xor(v128.load(now, 64), v128.load(then, 64)));
  changes = v128.or(changes, v128.xor(v128.load(now, 80), v128.load(then, 80)));
  if (v128.any_true(changes)) return false;
  const bases = (state.csBase ^ known.csBase) | (state.ssBase ^ known.ssBase);
  const modes = <u64>((state.mode ^ known.mode) | (state.cpl ^ known.cpl));
  return (bases | modes | (state.efer ^ known.efer)) == 0;
}

/** With known segments: Wasm address of the gate of `vector`, if it is the known one; else 0. */
export function knownGate(vector: u32, bytes: u32): u32 {
  if (vector != knownVector || gate.low == 0) return 0;
  const at = systemHost(gate.linear, bytes);
  if (at == 0 || load<u64>(at) != gate.low) return 0;
  return bytes == 8 || load<u64>(at, 8) == gate.high ? at : 0;
}

/** With known segments: whether the descriptor of CS still is what CS holds, as far as is known. */
export function isCodeKnown(): bool {
  return isUnchanged(code);
}

/** As `isCodeKnown`, of SS. */
export function isStackKnown(): bool {
  return isUnchanged(stack);
}

function isUnchanged(entry: KnownEntry): bool {
  if (entry.low == 0) return false;
  const at = systemHost(entry.linear, 8);
  return at != 0 && load<u64>(at) == entry.low;
}

export function rememberGate(vector: u32, at: u32, linear: u64, bytes: u32): void {
  knownVector = vector;
  gate.linear = linear;
  gate.low = load<u64>(at);
  gate.high = bytes == 8 ? 0 : load<u64>(at, 8);
}

export function rememberCode(at: u32, linear: u64): void {
  remember(code, at, linear);
}

export function rememberStack(at: u32, linear: u64): void {
  remember(stack, at, linear);
}

function remember(entry: KnownEntry, at: u32, linear: u64): void {
  rememberSegments();
  entry.linear = linear;
  entry.low = load<u64>(at);
}

/** Other segments: nothing is known with them. */
function rememberSegments(): void {
  const state = cpu();
  if (areSegmentsKnown(state)) return;
  memory.copy(
    changetype<usize>(known),
    changetype<usize>(state) + offsetof<CpuState>('selectors'),
    SEGMENTS_BYTES,
  );
  known.csBase = state.csBase;
  known.ssBase = state.ssBase;
  known.efer = state.efer;
  known.mode = state.mode;
  known.cpl = state.cpl;
  gate.low = 0;
  code.low = 0;
  stack.low = 0;
}
