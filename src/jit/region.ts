/**
 * Which blocks are compiled together: what can be reached from a hot block by branches that are known, as far as it has
 * been decoded.
 */
import { NO_PAGE } from '../../assembly/abi/layout.js';
import { Mode } from '../../assembly/abi/processor-bits.js';
import { Reg } from '../../assembly/abi/register.js';
import { SysOp } from '../../assembly/abi/sys-op.js';
import { Uop, UOP_BYTES } from '../../assembly/abi/uop.js';
import type { Core } from '../core/core.js';
import { isString } from './string-use.js';

const PAGE = 4096;
const MOST_BLOCKS = 64;
const MOST_UOPS = 2000;
const MOST_INDIRECT_TARGETS = 48;
/** Bytes from the entry that a region may reach in either direction. */
const REACH = 0x100000;

/** `Block` (assembly/block.ts): offsets of its fields, and of its first micro-op. */
export enum BlockField {
  Physical = 0,
  Mode = 4,
  Instructions = 8,
  Uops = 12,
  SecondPage = 20,
  Heat = 36,
  ChangingUop = 52,
  Uop = 64,
}

/** One micro-op, decoded from its record; abi/uop.ts says what the fields are. */
export interface UopFields {
  /** Of the record in the core's memory. */
  readonly address: number;
  readonly code: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly n: number;
  /** Offset of the instruction in its block. */
  readonly ip: number;
  readonly low: number;
  readonly high: number;
}

export enum EndKind {
  /** One successor. */
  Jump,
  /** Two: if the condition holds, and if not. */
  Branch,
  /** To the value of a register. */
  Indirect,
  /** The same, after popping it. */
  Return,
  /** One successor, after pushing the address of the next instruction. */
  Call,
  /** To the value of a register, after pushing the address of the next instruction. */
  CallIndirect,
  /** INT n: as a call, of a handler that is known unless the tables change. */
  Interrupt,
  /** IRET */
  InterruptReturn,
  /** The instruction that follows is the interpreter's. */
  Interpret,
}

/** INT n and IRET, of which the core carries out what stays in the code segment. */
export function isTransfer(end: EndKind): boolean {
  return end === EndKind.Interrupt || end === EndKind.InterruptReturn;
}

export interface RegionBlock {
  /** Of the block in the core's memory. */
  readonly address: number;
  /** RIP of its first instruction, from that of the region's entry. */
  readonly delta: number;
  /** Without the branch that ends it. */
  readonly uops: readonly UopFields[];
  /** Complete instructions, the branch included. */
  readonly instructions: number;
  readonly end: EndKind;
  /** The micro-op that branches; for `Interpret` the first that is not run. */
  readonly last: UopFields;
  /** Deltas of where it goes: for a branch the target first. */
  readonly targets: readonly number[];
  /** Delta of where a call returns to. */
  readonly returnSite?: number;
}

/** A page that the region's code lies in, beside that of its entry. */
interface RegionPage {
  /** Bytes from the entry to the same offset in the page. */
  readonly distance: number;
  readonly physical: number;
}

export interface Region {
  readonly mode: number;
  /** The first is the entry. */
  readonly blocks: readonly RegionBlock[];
  /** Deltas of blocks that indirect jumps and calls have been seen to go to. */
  readonly indirect: readonly number[];
  readonly pages: readonly RegionPage[];
}

/**
 * The region around the block at `entry`, or undefined if nothing of it can be compiled.
 *
 * @param indirectTargets Physical addresses that indirect branches have been seen to go to.
 */
export function discoverRegion(
  core: Core,
  entry: number,
  indirectTargets: ReadonlySet<number>,
): Region | undefined {
  const discovery = new Discovery(core, entry, indirectTargets);
  return isCompiled(discovery.mode) ? discovery.run() : undefined;
}

/** Flat 32- and 64-bit code. What is not flat is checked access by access, and nobody waits for it. */
function isCompiled(mode: number): boolean {
  const isWide = (mode & Mode.CodeSize) !== Mode.Code16;
  return isWide && (mode & (Mode.Flat | Mode.RealOrV86 | Mode.Step | Mode.Exact)) === Mode.Flat;
}

/** How a block ends that ends with INT n or IRET. */
type Transferring = Pick<RegionBlock, 'last' | 'end' | 'targets' | 'returnSite'>;

/** `NO_FRAME` (assembly/same-level.ts). */
const NO_HANDLER = 2n ** 64n - 1n;

class Discovery {
  readonly mode: number;
  private readonly view: DataView;
  private readonly entryPhysical: number;
  private readonly entryLinear: bigint;
  private readonly pages = new Map<number, number>();
  private indirect: number[] = [];
  /** Pages that an instruction runs into from the page before. */
  private readonly crossed = new Set<number>();

  constructor(
    private readonly core: Core,
    private readonly entry: number,
    private readonly indirectTargets: ReadonlySet<number>,
  ) {
    this.view = new DataView(core.bytes.buffer);
    this.mode = this.field(entry, BlockField.Mode);
    this.entryPhysical = this.field(entry, BlockField.Physical);
    this.entryLinear = core.state.big('rip');
  }

  run(): Region | undefined {
    const blocks: RegionBlock[] = [];
    const seen = new Set([0]);
    const queue = [0];
    let uops = 0;
    for (const delta of queue) {
      const block = this.blockAt(delta);
      if (block === undefined) continue;
      blocks.push(block);
      uops += block.uops.length;
      if (blocks.length >= MOST_BLOCKS || uops >= MOST_UOPS) break;
      for (const target of this.successors(block)) {
        if (seen.has(target)) continue;
        seen.add(target);
        queue.push(target);
      }
    }
    if (blocks[0]?.delta !== 0 || blocks[0].instructions === 0) return undefined;
    const inside = new Set(blocks.map(({ delta }) => delta));
    const indirect = this.indirect.filter((delta) => inside.has(delta));
    return { mode: this.mode, blocks, indirect, pages: this.usedPages(blocks) };
  }

  private successors({ end, targets, returnSite }: RegionBlock): readonly number[] {
    const known = returnSite === undefined ? targets : [...targets, returnSite];
    if (end !== EndKind.Indirect && end !== EndKind.CallIndirect) return known;
    if (this.indirect.length === 0) this.indirect = this.nearbyIndirectTargets();
    return [...known, ...this.indirect];
  }

  /** Deltas of where indirect branches have been seen to go, as if all pages were mapped one after another. */
  private nearbyIndirectTargets(): number[] {
    const deltas = [...this.indirectTargets].map((physical) => physical - this.entryPhysical);
    return deltas
      .filter((delta) => Math.abs(delta) < REACH)
      .sort((a, b) => Math.abs(a) - Math.abs(b))
      .slice(0, MOST_INDIRECT_TARGETS);
  }

  private usedPages(blocks: readonly RegionBlock[]): RegionPage[] {
    const used = new Set(blocks.map(({ delta }) => this.pageOf(delta)));
    return [...this.pages]
      .filter(([page]) => used.has(page) || this.crossed.has(page))
      .map(([page, physical]) => ({ distance: page * PAGE, physical }));
  }

  /** Number of the page that `delta` lies in, from that of the entry. */
  private pageOf(delta: number): number {
    return Math.floor(((this.entryPhysical % PAGE) + delta) / PAGE);
  }

  private blockAt(delta: number): RegionBlock | undefined {
    if (delta === 0) return this.read(this.entry, 0);
    if (Math.abs(delta) > REACH) return undefined;
    const page = this.pageOf(delta);
    const physicalPage = this.physicalPage(page);
    if (physicalPage === NO_PAGE) return undefined;
    const offset = (this.entryPhysical % PAGE) + delta - page * PAGE;
    const address = this.core.exports.findDecoded(physicalPage + offset, this.mode);
    if (address === 0 || !this.isWholeThere(address, page)) return undefined;
    // A block that is written to all the time is the interpreter's.
    if (this.field(address, BlockField.ChangingUop) !== 0) return undefined;
    const block = this.read(address, delta);
    return block.instructions === 0 ? undefined : block;
  }

  /** Whether a block that begins in a page ends there, or in what is mapped after it. */
  private isWholeThere(address: number, page: number): boolean {
    const second = this.field(address, BlockField.SecondPage);
    if (second === NO_PAGE) return true;
    if (this.physicalPage(page + 1) !== second) return false;
    this.crossed.add(page + 1);
    return true;
  }

  /** Where a page is, as far as the TLB knows. */
  private physicalPage(page: number): number {
    if (page === 0) return this.entryPhysical - (this.entryPhysical % PAGE);
    const known = this.pages.get(page);
    if (known !== undefined) return known;
    const linear = this.entryLinear + BigInt(page * PAGE);
    const physical = this.core.exports.probeFetch(linear) >>> 0;
    if (physical === NO_PAGE) return NO_PAGE;
    const start = physical - (physical % PAGE);
    this.pages.set(page, start);
    return start;
  }

  private read(address: number, delta: number): RegionBlock {
    const all = Array.from({ length: this.field(address, BlockField.Uops) }, (_, i) =>
      this.uop(address + BlockField.Uop + i * UOP_BYTES),
    );
    const sys = all.find(({ code, low }) => code === Uop.Sys && !isString(low));
    const transfer = sys && this.transferAt(sys, delta);
    const instructionsOfBlock = this.field(address, BlockField.Instructions);
    if (transfer !== undefined) {
      const uops = all.slice(0, all.indexOf(transfer.last));
      return { address, delta, uops, instructions: instructionsOfBlock, ...transfer };
    }
    const last = sys === undefined ? all.at(-1)! : all.find(({ ip }) => ip === sys.ip)!;
    const uops = all.slice(0, all.indexOf(last));
    const end = sys === undefined ? endOf(last) : EndKind.Interpret;
    const isComplete = end !== EndKind.Interpret;
    const before = new Set(uops.filter(({ ip }) => ip !== last.ip).map(({ ip }) => ip)).size;
    const instructions = isComplete ? instructionsOfBlock : before;
    if (!isComplete && sys === undefined) {
      // The branch's own instruction is left to the interpreter as a whole.
      const whole = uops.filter(({ ip }) => ip !== last.ip);
      const first = all.find(({ ip }) => ip === last.ip)!;
      return { address, delta, uops: whole, instructions, end, last: first, targets: [] };
    }
    const indirect = end === EndKind.Indirect ? kindOfIndirect(uops, last) : undefined;
    const block = { address, delta, uops, instructions, last, end: indirect?.end ?? end };
    const next = end === EndKind.Call ? last.high : indirect?.next;
    const targets = targetsOf(end, last, delta);
    return next === undefined ? { ...block, targets } : { ...block, targets, returnSite: delta + next };
  }

  /** INT n or IRET, if compiled code can go on after it; both end their block, and have no other micro-op. */
  private transferAt(sys: UopFields, delta: number): Transferring | undefined {
    const op = sys.low & 0xffff;
    if (op === SysOp.Iret) {
      const isOfMode = sys.c === (this.mode & Mode.CodeSize) + 1;
      return isOfMode ? { last: sys, end: EndKind.InterruptReturn, targets: [] } : undefined;
    }
    if (op !== SysOp.IntN) return undefined;
    const handler = BigInt.asUintN(64, this.core.exports.handlerInLevel(sys.low >>> 16));
    if (handler === NO_HANDLER) return undefined;
    const target = Number(BigInt.asIntN(64, handler - this.entryLinear));
    return { last: sys, end: EndKind.Interrupt, targets: [target], returnSite: delta + sys.ip + sys.n };
  }

  private uop(address: number): UopFields {
    const { view } = this;
    return {
      address,
      code: view.getUint16(address, true),
      a: view.getUint8(address + 2),
      b: view.getUint8(address + 3),
      c: view.getUint8(address + 4),
      n: view.getUint8(address + 5),
      ip: view.getUint16(address + 6, true),
      low: view.getInt32(address + 8, true),
      high: view.getInt32(address + 12, true),
    };
  }

  private field(block: number, field: BlockField): number {
    return this.view.getUint32(block + field, true);
  }
}

/** Operand sizes of branches, as their micro-ops have them. */
const WORD = 1;
const LOOP = 2;

function endOf(last: UopFields): EndKind {
  const { code, c, n, b } = last;
  if (code === Uop.Next) return EndKind.Jump;
  // Branches that truncate RIP to 16 bits, and LOOPE and LOOPNE, are the interpreter's.
  if (c === WORD) return EndKind.Interpret;
  if (code === Uop.Jmp) return EndKind.Jump;
  if (code === Uop.Jcc) return EndKind.Branch;
  if (code === Uop.Loop) return n >= LOOP && b > WORD ? EndKind.Branch : EndKind.Interpret;
  if (code === Uop.JmpReg) return EndKind.Indirect;
  return EndKind.Call;
}

function targetsOf(end: EndKind, last: UopFields, delta: number): number[] {
  if (end === EndKind.Jump || end === EndKind.Call) return [delta + last.low];
  return end === EndKind.Branch ? [delta + last.low, delta + last.high] : [];
}

/**
 * Whether a branch to the value of a register is a jump, a call or a return, and after a call the offset of the next
 * instruction: only calls make that address, and only returns move the stack pointer without it.
 */
function kindOfIndirect(uops: readonly UopFields[], { ip }: UopFields): { end: EndKind; next?: number } {
  const own = uops.filter((uop) => uop.ip === ip);
  const link = own.find(({ code, b }) => code >= Uop.Lea16 && code <= Uop.Lea64 && b === Reg.BlockRip);
  if (link !== undefined) return { end: EndKind.CallIndirect, next: link.low };
  const isReturn = own.some(({ code, a }) => code === Uop.Pop32 || code === Uop.Pop64 || a === Reg.Rsp);
  return { end: isReturn ? EndKind.Return : EndKind.Indirect };
}
