/**
 * The body of a compiled region: its blocks in structured control flow (control-flow.ts).
 *
 * A node is emitted where its dominator is: after a construct that those who branch forward to it break out of if it is a
 * meeting point, else in place of the branch to it.
 */
import { Flow } from '../../assembly/abi/stop.js';
import { Uop } from '../../assembly/abi/uop.js';
import { Width } from '../../assembly/abi/width.js';
import { BlockBody } from './block-body.js';
import type { ControlFlow } from './control-flow.js';
import { areFlagsDead } from './dead-flags.js';
import { dispatch } from './dispatcher.js';
import type { Emitter } from './emitter.js';
import { Source } from './flag-values.js';
import { type FlagForm, formsOfLoops } from './flag-form.js';
import { Local } from './locals.js';
import { loopCondition } from './loop-condition.js';
import { checksOfRegion } from './merged-checks.js';
import { EndKind, type RegionBlock } from './region.js';
import type { SteadyAccess } from './steady-access.js';
import { steadyAccesses } from './steady-accesses.js';
import { steadyLoop } from './steady-loop.js';
import { isTentative, tentativeLoop } from './tentative-loop.js';
import { transfer } from './transfer.js';
import { push } from './uops.js';
import { Op } from './wasm-opcodes.js';

export class RegionBody {
  /** For each open label: the depth of its construct. */
  private readonly loopAt = new Map<number, number>();
  private readonly mergeAt = new Map<number, number>();
  private readonly body: BlockBody;
  /** Of the flags where loops turn. */
  private readonly forms: ReadonlyMap<number, FlagForm>;

  constructor(
    private readonly emitter: Emitter,
    private readonly flow: ControlFlow,
  ) {
    this.forms = formsOfLoops(flow);
    this.body = new BlockBody(emitter, checksOfRegion(emitter, flow));
  }

  emit(): void {
    const { emitter } = this;
    if (this.forms.size > 0) emitter.flags.begin();
    if (this.hasDispatcher) {
      emitter.ripFromEntry(0);
      emitter.code.set(Local.ExitRip);
    }
    this.node(0);
  }

  private get hasDispatcher(): boolean {
    return this.flow.blocks[0] === undefined;
  }

  private node(node: number): void {
    const { emitter, flow } = this;
    const merges = flow.dominated[node]!.filter((child) => flow.isMerge[child]);
    if (!flow.isLoop[node]) return this.within(node, merges);
    const form = this.forms.get(node);
    emitter.flags.enter(form);
    this.loopAt.set(node, emitter.depth);
    emitter.open(Op.Loop);
    if (form === undefined) emitter.flags.set(Source.Unknown);
    else emitter.flags.turn(form);
    this.within(node, merges);
    emitter.close();
    this.loopAt.delete(node);
  }

  /** The node, and after it the meeting points that it dominates, the last one outermost. */
  private within(node: number, merges: readonly number[]): void {
    const { emitter } = this;
    const [merge, ...rest] = merges;
    if (merge === undefined) return this.block(node);
    this.mergeAt.set(merge, emitter.depth);
    emitter.open(Op.Block);
    this.within(node, rest);
    emitter.close();
    this.mergeAt.delete(merge);
    emitter.flags.set(Source.Unknown);
    this.node(merge);
  }

  private block(node: number): void {
    const { emitter, flow } = this;
    const block = flow.blocks[node];
    if (block === undefined) return this.dispatch(node);
    this.body.begin(block);
    emitter.rest = flow.longestPath[node]! - block.instructions;
    if (node === 0 || flow.isLoop[node]) this.checkBudget(node, () => emitter.leavingRip(block.delta));
    const steady = flow.isLoop[node] ? steadyAccesses(emitter, block) : undefined;
    if (steady !== undefined && steady.size > 0 && this.steadyLoop(node, block, steady)) return;
    this.body.emit(block);
    this.end(node, block);
    emitter.mayBeStale = false;
  }

  /** False: it is a loop like others. Floating-point code with looks is long: twice, it is slower. */
  private steadyLoop(node: number, block: RegionBlock, steady: ReadonlyMap<number, SteadyAccess>): boolean {
    const { emitter, body, flow } = this;
    const form = this.forms.get(node);
    const loop = { at: this.loopAt.get(node)!, longestPath: flow.longestPath[node]! };
    if (form !== undefined && isTentative(flow, node, form)) {
      tentativeLoop(emitter, body, block, steady, { ...loop, form });
    } else if (block.uops.every(({ code }) => code !== Uop.Float)) {
      steadyLoop(emitter, body, block, steady, { ...loop, form });
    } else return false;
    body.restore(block);
    this.goTo(node, block.targets[1]!);
    emitter.mayBeStale = false;
    return true;
  }

  /** Goes where `Local.ExitRip` says. */
  private dispatch(node: number): void {
    const { emitter, flow } = this;
    const { code } = emitter;
    this.checkBudget(node, () => code.get(Local.ExitRip));
    const places = [...flow.successors[node]!].map(([delta, to]) => ({ delta, at: this.mergeAt.get(to)! }));
    dispatch(emitter, places);
    const indirect = flow.blocks.find((block) => block?.end === EndKind.Indirect);
    if (indirect !== undefined) this.noteIndirectBranch(indirect);
    code.get(Local.ExitRip);
    emitter.exit(Flow.Leave);
  }

  /** Says that the region is left by an indirect branch, so that the compiler hears of its target. */
  private noteIndirectBranch({ last }: RegionBlock): void {
    const { code } = this.emitter;
    code.i32(last.address);
    code.set(Local.ExitBlock);
  }

  /** Leaves for what `pushRip` pushes if the next check may be more instructions away than may still be run. */
  private checkBudget(node: number, pushRip: () => void): void {
    const { emitter } = this;
    const { code } = emitter;
    code.get(Local.Remaining);
    code.i32(this.flow.longestPath[node]!);
    code.op(Op.I32LtS);
    emitter.open(Op.If);
    pushRip();
    emitter.exit(Flow.Leave);
    emitter.close();
  }

  private end(node: number, block: RegionBlock): void {
    switch (block.end) {
      case EndKind.Interpret:
        return this.leaveTo(block.delta + block.last.ip);
      case EndKind.Jump:
        return this.goTo(node, block.targets[0]!);
      case EndKind.Branch:
        return this.branch(node, block);
      case EndKind.Call:
        return this.call(node, block);
      case EndKind.Indirect:
      case EndKind.CallIndirect:
      case EndKind.Return:
        return this.indirect(node, block);
      case EndKind.Interrupt:
      case EndKind.InterruptReturn:
        return this.transfer(node, block);
    }
  }

  private branch(node: number, block: RegionBlock): void {
    const { emitter } = this;
    const [taken, next] = block.targets as [number, number];
    if (block.last.code === Uop.Loop) loopCondition(emitter, block.last);
    else emitter.flags.condition(block.last.n);
    const { state } = emitter.flags;
    emitter.open(Op.If);
    this.goTo(node, taken);
    emitter.close();
    emitter.flags.restore(state);
    this.body.restore(block);
    this.goTo(node, next);
  }

  private call(node: number, block: RegionBlock): void {
    const { emitter } = this;
    const target = block.targets[0]!;
    if (!this.flow.successors[node]!.has(target)) this.refuseIllegalTarget(target);
    const link = (): void => emitter.ripFromEntry(block.delta + block.last.high);
    const width = block.last.code === Uop.CallRel64 ? Width.Qword : Width.Dword;
    push(emitter, width, link, () => this.leaveTo(target));
    this.goTo(node, target);
  }

  /** To a place in the region that is known, or out. */
  private indirect(node: number, block: RegionBlock): void {
    const { emitter } = this;
    const { code } = emitter;
    emitter.wide(block.last.b);
    if (block.last.c !== Width.Qword) emitter.truncateToDword();
    code.set(Local.ExitRip);
    if (emitter.is64Bit) {
      emitter.isNotCanonical(Local.ExitRip);
      emitter.open(Op.If);
      emitter.exitBefore(Flow.Leave);
      emitter.close();
    }
    if (emitter.mayBeStale) {
      code.get(Local.IsStale);
      emitter.open(Op.If);
      code.get(Local.ExitRip);
      emitter.exit(Flow.Leave);
      emitter.close();
    }
    this.goToExitRip(node, block, this.flow.successors[node]!.keys());
  }

  /** INT n or IRET. Where interrupts go was looked up once, and is compared like any other target. */
  private transfer(node: number, block: RegionBlock): void {
    transfer(this.emitter, block);
    const isReturn = block.end === EndKind.InterruptReturn;
    this.goToExitRip(node, block, isReturn ? this.flow.successors[node]!.keys() : block.targets);
  }

  /** Goes where `Local.ExitRip` says: to one of `sites`, through the dispatcher, or out. */
  private goToExitRip(node: number, block: RegionBlock, sites: Iterable<number>): void {
    const { emitter } = this;
    const { code } = emitter;
    const { state } = emitter.flags;
    for (const site of sites) {
      code.get(Local.ExitRip);
      emitter.ripFromEntry(site);
      code.op(Op.I64Eq);
      emitter.open(Op.If);
      this.goTo(node, site);
      emitter.close();
      emitter.flags.restore(state);
      this.body.restore(block);
    }
    if (this.flow.isDispatching[node]) return this.turnTo(0);
    if (block.end === EndKind.Indirect || block.end === EndKind.CallIndirect) this.noteIndirectBranch(block);
    code.get(Local.ExitRip);
    emitter.exit(Flow.Leave);
  }

  /** Continues at a RIP that is `delta` bytes from the entry's. */
  private goTo(node: number, delta: number): void {
    const { flow } = this;
    const to = flow.successors[node]!.get(delta);
    if (to === undefined && this.hasDispatcher && flow.successors[0]!.has(delta)) {
      this.emitter.ripFromEntry(delta);
      this.emitter.code.set(Local.ExitRip);
      return this.turnTo(0);
    }
    if (to === undefined) {
      if (flow.blocks[node]!.end !== EndKind.Call) this.refuseIllegalTarget(delta);
      return this.leaveTo(delta);
    }
    if (to <= node) return this.turnTo(to);
    if (flow.isMerge[to]) return this.meet(to);
    this.node(to);
  }

  /** Back to the start of a loop. */
  private turnTo(to: number): void {
    this.emitter.flags.enter(this.forms.get(to));
    this.emitter.branch(Op.Br, this.loopAt.get(to)!);
  }

  /** To a meeting point. */
  private meet(to: number): void {
    const { emitter, flow } = this;
    const { uops } = flow.blocks[to]!;
    if (flow.isLoop[to] || !areFlagsDead(uops, 0)) emitter.flags.meet();
    emitter.branch(Op.Br, this.mergeAt.get(to)!);
  }

  private leaveTo(delta: number): void {
    const { emitter } = this;
    emitter.leavingRip(delta);
    emitter.exit(Flow.Leave);
  }

  /** A target that is not canonical faults at the branch: the interpreter does that. */
  private refuseIllegalTarget(delta: number): void {
    const { emitter } = this;
    if (!emitter.is64Bit) return;
    emitter.ripFromEntry(delta);
    emitter.code.set(Local.ExitRip);
    emitter.isNotCanonical(Local.ExitRip);
    emitter.open(Op.If);
    emitter.exitBefore(Flow.Leave);
    emitter.close();
  }
}
