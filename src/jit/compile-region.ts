/** A region as a WebAssembly module: its body between what loads the state into locals and what stores it. */
import { FlagCell } from '../../assembly/abi/flag-kind.js';
import { Layout } from '../../assembly/abi/layout.js';
import { Uop } from '../../assembly/abi/uop.js';
import { CodeWriter } from './code-writer.js';
import { analyze } from './control-flow.js';
import { Import, IMPORTS, type StateAddresses, X87_IMPORTS } from './core-layout.js';
import { Emitter } from './emitter.js';
import { readFloatMode, resetChances } from './float-mode.js';
import { Local, localsOf } from './locals.js';
import { loadRuns } from './memory-access.js';
import type { RegionReach } from './reach.js';
import type { Region } from './region.js';
import { useOfRegion } from './region-use.js';
import { GENERAL_SLOTS } from './register-use.js';
import { RegionBody } from './structure.js';
import { WasmModule } from './wasm-module.js';
import { Op, Type } from './wasm-opcodes.js';
import { ORDINARY_LOCALS } from './x87-ordinary-numbers.js';
import { writeBack } from './x87-write-back.js';

/**
 * Instructions that a region runs at most before it returns. V8 replaces baseline code by optimised code only when a
 * function is called again.
 */
const MOST_INSTRUCTIONS = 2_000_000;
const SLOTS = 32;
/**
 * Pages of 64 KiB that hold the core's own data. V8 need not guard accesses to what it knows to be there, and so makes them
 * operands of comparisons (1.03 times as fast; V8 11.3, 2026-11-22).
 */
const STATIC_PAGES = Layout.StaticBytes >>> 16;

/** The module of a region; its function takes nothing and returns what `enterRegion` wants to know (assembly/region.ts). */
export function compileRegion(
  region: Region,
  addresses: StateAddresses,
  reach: RegionReach,
): Uint8Array<ArrayBuffer> {
  const use = useOfRegion(region);
  const emitter = new Emitter(addresses, region, use, reach);
  emitter.open(Op.Block);
  new RegionBody(emitter, analyze(region)).emit();
  emitter.close();
  const { bytes } = emitter.code;
  const hasX87 = region.blocks.some(({ uops }) => uops.some(({ code }) => code === Uop.X87));
  const module = new WasmModule(hasX87 ? [...IMPORTS, ...X87_IMPORTS] : IMPORTS, STATIC_PAGES);
  const ordinary = hasX87 ? ORDINARY_LOCALS : NO_LOCALS;
  return module.assemble(localsOf(emitter.vectors.count, use.hasFloat, ordinary), [
    prologue(emitter),
    bytes,
    ...(hasX87 ? [x87Epilogue()] : []),
    epilogue(emitter),
  ]);
}

const NO_LOCALS = { wide: 0, narrow: 0 };

function x87Epilogue(): Uint8Array {
  const code = new CodeWriter();
  writeBack(code);
  return code.bytes;
}

function prologue({ addresses, use, vectors, runs }: Emitter): Uint8Array {
  const code = new CodeWriter();
  const used = use.slotsRead | use.slotsWritten;
  const load = (op: Op, address: number, local: number): void => {
    code.i32(0);
    code.memory(op, address);
    code.set(local);
  };
  for (let slot = 0; slot < SLOTS; slot++) {
    if (((used >>> slot) & 1) !== 0) load(Op.I64Load, addresses.registers + 8 * slot, slot);
  }
  vectors.load(code);
  if (use.hasFloat) {
    readFloatMode(code, addresses);
    resetChances(code, addresses);
    code.i32(MOST_INSTRUCTIONS);
    code.set(Local.NextAttempt);
  }
  load(Op.I64Load, addresses.rip, Local.EntryRip);
  code.i32(0);
  code.get(Local.EntryRip);
  code.memory(Op.I64Store, addresses.entryRip);
  load(Op.I64Load32U, addresses.asid, Local.Asid);
  load(Op.I32Load, addresses.tlbBank, Local.TlbBank);
  loadRuns(code, addresses, runs);
  budget(code, addresses);
  return code.bytes;
}

/** `Remaining` and `Budget` ← the smaller of the distance to the deadline and `MOST_INSTRUCTIONS`. */
function budget(code: CodeWriter, addresses: StateAddresses): void {
  code.i32(0);
  code.memory(Op.I64Load, addresses.deadline);
  code.i32(0);
  code.memory(Op.I64Load, addresses.clock);
  code.op(Op.I64Sub);
  code.tee(Local.Wide0);
  code.i64(MOST_INSTRUCTIONS);
  code.get(Local.Wide0);
  code.i64(MOST_INSTRUCTIONS);
  code.op(Op.I64LtU);
  code.op(Op.Select);
  code.op(Op.I32WrapI64);
  code.tee(Local.Budget);
  code.set(Local.Remaining);
}

function epilogue({ addresses, use, vectors }: Emitter): Uint8Array {
  const code = new CodeWriter();
  for (let slot = 0; slot < GENERAL_SLOTS; slot++) {
    if (((use.slotsWritten >>> slot) & 1) === 0) continue;
    code.i32(0);
    code.get(slot);
    code.memory(Op.I64Store, addresses.registers + 8 * slot);
  }
  vectors.store(code);
  code.i32(0);
  code.memory(Op.I32Load, addresses.flagCells + FlagCell.Kind);
  code.block(Op.If, Type.Empty);
  code.call(Import.SettleFlags);
  code.op(Op.End);
  code.i32(0);
  code.get(Local.ExitRip);
  code.memory(Op.I64Store, addresses.rip);
  code.i32(0);
  code.get(Local.ExitBlock);
  code.memory(Op.I32Store, addresses.exitBlock);
  code.i32(0);
  code.i32(0);
  code.memory(Op.I64Load, addresses.clock);
  code.get(Local.Budget);
  code.get(Local.Remaining);
  code.op(Op.I32Sub);
  code.op(Op.I64ExtendI32U);
  code.op(Op.I64Add);
  code.memory(Op.I64Store, addresses.clock);
  code.get(Local.ExitFlow);
  return code.bytes;
}
