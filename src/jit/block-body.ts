/** The micro-ops of one block, but for the last, which says where it goes on (structure.ts). */
import { Uop } from '../../assembly/abi/uop.js';
import type { AddressCheck } from './address-check.js';
import { areFlagsDead } from './dead-flags.js';
import type { Emitter } from './emitter.js';
import { formAfter } from './flag-form.js';
import { type Stretch, stretchesOf, Trial } from './float-trial.js';
import { interpret } from './interpreted.js';
import { keptValues } from './kept-values.js';
import { Local } from './locals.js';
import { Reach } from './reach.js';
import type { RegionBlock, UopFields } from './region.js';
import { slotsWritten } from './register-use.js';
import { compilationOf } from './uops.js';
import { Op } from './wasm-opcodes.js';
import { sharesRegisters } from './x87-effect.js';
import { type X87Stretch, x87StretchesOf } from './x87-stretch.js';
import { X87Trial } from './x87-trial.js';

export class BlockBody {
  constructor(
    private readonly emitter: Emitter,
    /** What is done about the addresses of each block. */
    private readonly checks: ReadonlyMap<RegionBlock, ReadonlyMap<number, AddressCheck>>,
  ) {}

  /** What follows belongs to that block. */
  begin(block: RegionBlock): void {
    const { emitter } = this;
    emitter.block = block;
    emitter.done = 0;
    emitter.ip = 0;
    emitter.mayBeStale = false;
    emitter.temporaries.begin();
  }

  /** What is being emitted, after other blocks have been in between. */
  restore(block: RegionBlock): void {
    const { emitter } = this;
    emitter.block = block;
    emitter.ip = block.last.ip;
    emitter.done = block.instructions - 1;
    emitter.mayBeStale = false;
  }

  /** Counts the block's instructions and emits them. */
  emit(block: RegionBlock): void {
    this.emitAll(block, stretchesOf(block.uops));
  }

  /** The same as part of what may be undone as a whole. */
  emitWithoutLooks(block: RegionBlock): void {
    this.emitAll(block, []);
  }

  private emitAll(block: RegionBlock, stretches: readonly Stretch[]): void {
    const { emitter } = this;
    this.count(block.instructions);
    const { uops } = block;
    emitter.checks = this.checks.get(block) ?? new Map();
    emitter.bases = emitter.steady === undefined ? basesOf(emitter.checks.values()) : new Map();
    emitter.kept = keptValues(uops, emitter.checks);
    const emitUops = (first: number, end: number): void => {
      for (let i = first; i < end; i++) this.uop(block, i);
    };
    if (stretches.length > 0) {
      emitUops(0, stretches[0]!.first);
      new Trial(emitter, uops, stretches, emitUops).emit();
    }
    const x87 = this.x87Stretches(uops);
    if (x87.length > 0) {
      emitUops(0, x87[0]!.first);
      const parts = {
        emit: emitUops,
        advance: (uop: UopFields) => this.advance(uop),
        prepare: (i: number) => this.prepare(block, i),
      };
      new X87Trial(emitter, uops, x87, parts).emit();
    }
    emitUops(stretches.at(-1)?.end ?? x87.at(-1)?.end ?? 0, uops.length);
    this.advance(block.last);
    emitter.flags.forget(slotsWritten(block.last));
    emitter.uop = block.last;
    emitter.reach = emitter.regionReach.usual;
    emitter.x87.close();
  }

  /** None if one of them has given up often. */
  private x87Stretches(uops: readonly UopFields[]): X87Stretch[] {
    const { regionReach } = this.emitter;
    const stretches = x87StretchesOf(uops, regionReach.usual === Reach.Everything);
    const wasUnusual = ({ first, end }: X87Stretch): boolean =>
      uops.slice(first, end).some(({ address }) => regionReach.wasUnusual(address));
    return stretches.some(wasUnusual) ? [] : stretches;
  }

  /** What comes before a micro-op's own code. */
  private prepare(block: RegionBlock, i: number): void {
    const { emitter } = this;
    const uop = block.uops[i]!;
    const next = block.uops[i + 1] ?? block.last;
    this.advance(uop);
    emitter.endsInstruction = next.ip !== uop.ip;
    emitter.nextIp = this.nextIp(block, i);
    emitter.areFlagsDead = areFlagsDead(block.uops, i + 1);
    emitter.uop = uop;
    // What x87 operations do before and after an access is not undone.
    emitter.reach = uop.code === Uop.X87 ? Reach.Everything : emitter.regionReach.usual;
    // Nothing is called in what may be undone.
    if (emitter.retreat !== undefined) emitter.reach = Math.min(emitter.reach, Reach.Tlb);
    if (sharesRegisters(uop.code)) emitter.x87.close();
    emitter.flags.forget(slotsWritten(uop));
    emitter.temporaries.forget(slotsWritten(uop));
  }

  private uop(block: RegionBlock, i: number): void {
    const { emitter } = this;
    const uop = block.uops[i]!;
    this.prepare(block, i);
    const compile = compilationOf(uop.code);
    if (compile === undefined || !compile(emitter, uop)) interpret(emitter, uop);
    if (uop.code !== Uop.Float) emitter.numbers?.forget(uop);
    const form = formAfter(uop);
    if (form !== undefined) emitter.flags.remember(form);
  }

  /** Offset of the instruction after that of micro-op `index`. */
  private nextIp(block: RegionBlock, index: number): number {
    const { ip } = block.uops[index]!;
    return (block.uops.slice(index + 1).find((uop) => uop.ip !== ip) ?? block.last).ip;
  }

  /** Ends the instruction before that of `uop`, if this begins another. */
  private advance(uop: UopFields): void {
    const { emitter } = this;
    if (uop.ip === emitter.ip) return;
    if (emitter.mayBeStale) {
      emitter.nextIp = uop.ip;
      emitter.code.get(Local.IsStale);
      emitter.open(Op.If);
      emitter.exitAfter();
      emitter.close();
      emitter.mayBeStale = false;
    }
    emitter.done++;
    emitter.ip = uop.ip;
    emitter.temporaries.begin();
  }

  private count(instructions: number): void {
    const { code } = this.emitter;
    code.get(Local.Remaining);
    code.i32(instructions);
    code.op(Op.I32Sub);
    code.set(Local.Remaining);
    this.emitter.flags.count(instructions);
  }
}

/** Locals for the groups of such accesses, as far as there are any. */
function basesOf(checks: Iterable<AddressCheck>): ReadonlyMap<number, Local> {
  const groups = new Set(
    [...checks].filter(({ isSpan, isDone }) => isSpan && isDone).map(({ group }) => group),
  );
  const locals = Array.from({ length: Local.BasesEnd - Local.Bases }, (_, i): Local => Local.Bases + i);
  return new Map([...groups].slice(0, locals.length).map((group, i) => [group, locals[i]!]));
}
