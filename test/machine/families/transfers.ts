/** Far jumps, calls and returns: to code of every kind and level, through call gates, and what they find on the stack. */
import { gate } from '../../helpers/segmented-machine.js';
import type { Random } from '../../silicon/random.js';
import {
  CODE_TYPE,
  codeSelector,
  DATA,
  dataSelector,
  descriptorAddress,
  FREE,
  KALIAS,
  KCODE,
  STUB_BYTES,
  STUBS32,
  TARGET,
  TSS,
} from '../arena.js';
import { Kind, Scenario } from '../scenario.js';
import { dword, program, stackOf, startProtected, word } from '../start.js';
import { randomFlags } from './interrupts.js';
import { randomSelector } from './segments.js';

/** The kernel's entry that a transfer to level 0 arrives at; no event has this vector. */
const ARRIVAL = 0x40;
const ARRIVAL32 = STUBS32 + STUB_BYTES * ARRIVAL;
/** The same through KALIAS. */
const ARRIVAL16 = ARRIVAL32 & 0xffff;
const CONFORMING = 4;
const CALL_GATE16 = 0x84;
const CALL_GATE32 = 0x8c;
/** A TSS that may end before some stack. */
export const SHORT_TSS = FREE + 0x30;
/** Stack words that a call gate may copy, and a return release. */
const STACK_WORDS = 40;

interface Target {
  readonly text: string;
  readonly selector: number;
  readonly offset: number;
}

export function farTransfer(random: Random): Scenario {
  const s = new Scenario(Kind.Protected, 'transfers');
  const level = random.pick([0, 1, 2, 3, 3, 3]);
  const rsp = stackOf(level) - 4 * STACK_WORDS;
  startProtected(s, { level, rsp, flags: randomFlags(random) & ~0x4000 });
  for (let i = 0; i < STACK_WORDS; i++) s.arena.u32(rsp + 4 * i, 0x1010101 * i);
  const target = random.chance(0.5) ? throughGate(s, random, level) : toCode(s, random, level);
  const isWide = random.chance(0.7);
  const operand = isWide ? dword(target.offset) : word(target.offset);
  const prefix = isWide ? [] : [0x66];
  const form = random.below(4);
  if (form < 2) program(s, [...prefix, [0xea, 0x9a][form]!, ...operand, ...word(target.selector)]);
  else {
    s.arena.put(DATA, ...operand, ...word(target.selector));
    program(s, [...prefix, 0xff, [0x2d, 0x1d][form - 2]!, ...dword(DATA)]);
  }
  breakInnerStack(s, random, level);
  const verb = ['jmp', 'call', 'jmp m', 'call m'][form] ?? '';
  s.name = `${verb} far ${isWide ? 32 : 16} at level ${level} ${target.text}`;
  return s;
}

/** A code segment with everything random that the checks look at. */
function toCode(s: Scenario, random: Random, level: number): Target {
  if (random.chance(0.15)) {
    const selector = randomSelector(s, random);
    return { text: `to ${selector.toString(16)}`, selector, offset: TARGET };
  }
  const dpl = random.chance(0.6) ? level : random.below(4);
  const selector = makeCode(s, random, FREE, dpl) | (random.chance(0.6) ? level : random.below(4));
  return { text: `to code of level ${dpl}`, selector, offset: TARGET };
}

function makeCode(s: Scenario, random: Random, selector: number, dpl: number): number {
  const conforming = random.chance(0.3) ? CONFORMING : 0;
  const present = random.chance(0.93) ? 0xff : 0x7f;
  s.arena.setDescriptor(selector, {
    type: (CODE_TYPE | conforming | (dpl << 5)) & present,
    flags: random.pick([0, 4, 8, 12]),
    limit: random.pick([0xfffff, 0xfffff, TARGET + 1, TARGET - 1, 0]),
  });
  return selector;
}

/** A call gate to the kernel, or to code that stays outside or goes to a level in between. */
function throughGate(s: Scenario, random: Random, level: number): Target {
  const isWide = random.chance(0.6);
  const count = random.pick([0, 0, 1, 2, 5, 31]);
  const dpl = random.chance(0.8) ? 3 : random.below(4);
  const type = (isWide ? CALL_GATE32 : CALL_GATE16) & (random.chance(0.95) ? 0xff : 0x7f);
  const isKernel = random.chance(0.4);
  const code = isKernel ? (isWide ? KCODE : KALIAS) : gateTarget(s, random);
  const offset = isKernel ? (isWide ? ARRIVAL32 : ARRIVAL16) : TARGET;
  const selector = FREE + 0x20;
  s.arena.u64(descriptorAddress(selector), gate(code, offset, type | (dpl << 5), count));
  const rpl = random.chance(0.8) ? level : random.below(4);
  return {
    text: `through gate ${type.toString(16)} dpl ${dpl} rpl ${rpl} count ${count} to ${code.toString(16)}`,
    selector: selector | rpl,
    offset: random.u32(),
  };
}

function gateTarget(s: Scenario, random: Random): number {
  if (random.chance(0.15)) return random.pick([0, dataSelector(0), 0x68, 0xfff8]);
  if (random.chance(0.3)) return codeSelector(random.below(4));
  return makeCode(s, random, FREE, random.below(4)) | random.below(4);
}

/** The stack of an inner level, in the TSS. */
function breakInnerStack(s: Scenario, random: Random, level: number): void {
  if (level === 0 || random.chance(0.7)) return;
  const inner = random.below(level);
  const field = TSS + 4 + 8 * inner;
  if (random.chance(0.3)) s.tr = makeShortTss(s, random);
  else if (random.chance(0.5)) s.arena.u16(field + 4, randomSelector(s, random));
  else {
    const type = 0x93 | (inner << 5) | (random.chance(0.4) ? 4 : 0);
    const limit = random.pick([0x8fff, 0x8fc0, 0x8fe0, 0x7fff]);
    s.arena.setDescriptor(FREE + 0x28, { type, limit, flags: random.pick([0, 4]) });
    s.arena.u16(field + 4, (FREE + 0x28) | inner);
  }
}

/** A TSS that ends before some stack. */
function makeShortTss(s: Scenario, random: Random): number {
  const type = random.pick([0x89, 0x81]);
  s.arena.setDescriptor(SHORT_TSS, { type, base: TSS, flags: 0, limit: random.pick([0, 3, 7, 9, 11, 0x67]) });
  return SHORT_TSS;
}

/** RETF and IRET with a frame of which anything may be wrong. */
export function farReturn(random: Random): Scenario {
  const s = new Scenario(Kind.Protected, 'transfers');
  const level = random.pick([0, 0, 1, 2, 3]);
  const isWide = random.chance(0.7);
  const isIret = random.chance(0.5);
  const release = isIret || random.chance(0.5) ? 0 : random.pick([4, 8, 2, 0x10]);
  const rsp = stackOf(level) - 0x80;
  startProtected(s, { level, rsp, flags: randomFlags(random) & ~0x4000 });
  const outer = random.chance(0.8) ? random.pick([level, 3]) : random.below(4);
  const code = random.chance(0.6) ? codeSelector(outer) : makeCode(s, random, FREE, outer) | random.below(4);
  const stack = random.chance(0.75) ? dataSelector(outer) : randomSelector(s, random);
  const flags = (random.u32() & 0x3f7fd7 & ~0x24100) | 2;
  const words = [
    TARGET,
    code,
    ...(isIret ? [flags] : []),
    ...Array<number>(release >> (isWide ? 2 : 1)).fill(7),
  ];
  words.push(stackOf(outer), stack);
  words.forEach((value, i) => {
    if (isWide)
      s.arena.u32(rsp + 4 * i, value | (value < 0x10000 && random.chance(0.2) ? 0xabc0000 * (i & 1) : 0));
    else s.arena.u16(rsp + 2 * i, value);
  });
  const opcode = isIret ? [0xcf] : release > 0 ? [0xca, ...word(release)] : [0xcb];
  s.ds = random.pick([dataSelector(level), dataSelector(3), codeSelector(level)]);
  s.es = random.chance(0.3) ? 0 : s.es;
  program(s, [...(isWide ? [] : [0x66]), ...opcode]);
  s.name = `${isIret ? 'iret' : 'retf'} ${isWide ? 32 : 16} from level ${level} to ${code.toString(16)}, stack ${stack.toString(16)}`;
  return s;
}
