/**
 * What status flags can be made of again: the operation that wrote them, and where its operands and its result still are.
 *
 * Whoever leaves a region finds its flags this way, so that nothing has to be kept for him alone: of operands and result two
 * give the third.
 */
import { Uop } from '../../assembly/abi/uop.js';
import { Width } from '../../assembly/abi/width.js';
import type { ControlFlow } from './control-flow.js';
import { Source } from './flag-values.js';
import { isTransfer, type UopFields } from './region.js';
import { GENERAL_SLOTS, slotsWritten, touchesFlags } from './register-use.js';

/** A general register, or a constant. */
export type Place = { readonly register: number } | { readonly low: number; readonly high: number };

/** Of the operation's operands and its result; undefined: only in their locals. */
export interface Places {
  readonly left?: Place | undefined;
  readonly right?: Place | undefined;
  readonly result?: Place | undefined;
}

export interface FlagForm extends Places {
  readonly source: Source;
  readonly width: Width;
  /** Of INC, DEC and rotations: what the flags that they keep come from. */
  readonly before?: FlagForm | undefined;
}

/** What is in the cells. */
export const IN_CELLS: FlagForm = { source: Source.Unknown, width: Width.Byte };

/** Additions and subtractions give any of their numbers by the other two. */
export function isSumOrDifference(source: Source): boolean {
  return source === Source.Add || source === Source.Sub;
}

/** The sources of the families from AddRR8 on, in their order; chains need all of their numbers, and are left out. */
const SOURCES = [
  Source.Add,
  Source.Logic,
  undefined,
  undefined,
  Source.Logic,
  Source.Sub,
  Source.Logic,
  Source.Sub,
  Source.Logic,
];
const CMP = (Uop.CmpRR8 - Uop.AddRR8) >> 3;

/** The flags right after a micro-op, if it is one that leaves what they are made of in registers. */
export function formAfter(uop: UopFields): FlagForm | undefined {
  const { code, a } = uop;
  const index = code - Uop.AddRR8;
  const source = SOURCES[index >> 3];
  if (source !== undefined) {
    return { source, width: index & 3, ...placesAfter(uop, (index & 4) !== 0, index >> 3 < CMP) };
  }
  if (code >= Uop.Inc8 && code < Uop.Neg8) {
    const [source, first] = code < Uop.Dec8 ? [Source.Inc, Uop.Inc8] : [Source.Dec, Uop.Dec8];
    return { source, width: code - first, result: placeOf(a) };
  }
  if (code < Uop.Neg8 || code > Uop.Neg64) return undefined;
  return { source: Source.Sub, width: code - Uop.Neg8, left: { low: 0, high: 0 }, result: placeOf(a) };
}

function placesAfter({ a, b, low, high }: UopFields, isImmediate: boolean, isWritten: boolean): Places {
  const [left, right] = [placeOf(a), isImmediate ? { low, high } : placeOf(b)];
  // TEST of a register by itself.
  if (!isWritten) return { left, right, result: a === b && !isImmediate ? left : undefined };
  return { right: !isImmediate && a >> 3 === b >> 3 ? undefined : right, result: left };
}

function placeOf(register: number): Place | undefined {
  return register >> 3 < GENERAL_SLOTS ? { register } : undefined;
}

/** What is left of them once registers have been written; bit n: slot n of the register file. */
export function without({ left, right, result }: Places, written: number): Places {
  const kept = (place?: Place): Place | undefined =>
    place !== undefined && 'register' in place && ((written >>> (place.register >> 3)) & 1) !== 0
      ? undefined
      : place;
  return { left: kept(left), right: kept(right), result: kept(result) };
}

/** The same of a form. */
export function formWithout(form: FlagForm, written: number): FlagForm {
  const { before } = form;
  return { ...form, ...without(form, written), before: before && formWithout(before, written) };
}

/** Whether nothing but places is needed to make the flags, and what is in the cells. */
function isComplete({ source, left, right, result, before }: FlagForm): boolean {
  if (source === Source.Unknown) return true;
  if (before !== undefined && !isComplete(before)) return false;
  if (!isSumOrDifference(source)) return result !== undefined;
  return [left, right, result].filter((place) => place !== undefined).length >= 2;
}

/** Whether flags that are made by the one form are made by the other, too. */
export function isSameForm(a: FlagForm, b: FlagForm): boolean {
  return (
    a.source === b.source &&
    a.width === b.width &&
    isSamePlace(a.left, b.left) &&
    isSamePlace(a.right, b.right) &&
    isSamePlace(a.result, b.result) &&
    (a.before === undefined || b.before === undefined
      ? a.before === b.before
      : isSameForm(a.before, b.before))
  );
}

function isSamePlace(a?: Place, b?: Place): boolean {
  if (a === undefined || b === undefined) return a === b;
  if ('register' in a) return 'register' in b && a.register === b.register;
  return 'low' in b && a.low === b.low && a.high === b.high;
}

/** For each loop the form that flags have where it turns, if one of the branches there has one. */
export function formsOfLoops(flow: ControlFlow): ReadonlyMap<number, FlagForm> {
  const dominator = flow.blocks.map(() => -1);
  flow.dominated.forEach((children, node) => children.forEach((child) => (dominator[child] = node)));
  const forms = new Map<number, FlagForm>();
  flow.successors.forEach((targets, from) => {
    for (const to of targets.values()) {
      const form = to > from || forms.has(to) ? undefined : formAtEnd(flow, dominator, from, to);
      if (form !== undefined && form.source !== Source.Unknown && isComplete(form)) forms.set(to, form);
    }
  });
  return forms;
}

/** The form where the loop of one block at a node turns. */
export function formAtTurn(flow: ControlFlow, node: number): FlagForm | undefined {
  return formAtEnd(flow, [], node, node);
}

/** The form at the end of a node, from it and those that lead nowhere but to it. `turn` is the loop that it turns. */
function formAtEnd(
  flow: ControlFlow,
  dominator: readonly number[],
  from: number,
  turn: number,
): FlagForm | undefined {
  let written = 0;
  let step: FlagForm | undefined;
  for (let node = from; ; node = dominator[node]!) {
    const block = flow.blocks[node];
    if (block === undefined || isTransfer(block.end)) return undefined;
    for (const uop of [...block.uops, block.last].reverse()) {
      const form = formAfter(uop);
      if (form !== undefined) {
        const known = formWithout(form, written);
        if (form.source !== Source.Inc && form.source !== Source.Dec) return after(step, known);
        step ??= known;
      } else if (touchesFlags(uop) && !isCondition(uop)) return undefined;
      written |= slotsWritten(uop);
    }
    if (node === turn || (flow.isMerge[node] && !flow.isLoop[node])) return step && after(step, IN_CELLS);
    if (flow.isLoop[node]) return undefined;
  }
}

function after(step: FlagForm | undefined, before: FlagForm): FlagForm {
  return step === undefined ? before : { ...step, before };
}

/** Reads flags, and writes none. */
function isCondition({ code }: UopFields): boolean {
  return (code >= Uop.Cmov16 && code <= Uop.Setcc) || code === Uop.Jcc || code === Uop.Loop;
}
