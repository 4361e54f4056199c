/** A breach of an invariant with everything that a person needs to understand it and to see it again. */
import type { SymbolTable } from '../../loader/symbols.js';
import { describeEvent } from '../describe-event.js';
import type { Breach } from './invariants/invariant.js';
import type { Observation } from './observation.js';
import type { SweepMachine } from './sweep-machine.js';
import type { SweepViolation } from './sweep-result.js';

export interface ViolationContext {
  readonly machine: SweepMachine;
  readonly symbols: SymbolTable;
  /** The command that runs the guest, without delivery and NMIs. */
  readonly command: string;
}

/** Instructions shown before and after the one that a violation is about. */
const CONTEXT = 3;
/** Instructions that never go on with the next one. */
const GOES_ELSEWHERE = /^(iret|ret|jmp)/;
/** Farther than this behind its symbol an instruction is shown without those before it. */
const MOST_FUNCTION_BYTES = 4096n;
/** Of what happened, in a timeline: with less, places do not stand below each other. */
const DESCRIPTION_COLUMNS = 46;
/** Of a timeline with more lines than this some are left out. */
const MOST_LINES = 60;
/** What a long one keeps: what follows the NMI, what is around the breach, and how it ends. */
const LINES_AFTER_NMI = 10;
const LINES_BEFORE_BREACH = 15;
const LINES_AFTER_BREACH = 20;
const LINES_AT_END = 5;

export function toViolation(
  invariant: string,
  breach: Breach,
  seen: Observation,
  context: ViolationContext,
): SweepViolation {
  const rip = breach.rip ?? seen.rip;
  const { symbols } = context;
  const time = breach.time ?? seen.at ?? 0;
  return {
    invariant,
    message: breach.message,
    blame: breach.blame ?? null,
    delivery: seen.delivery,
    at: seen.at,
    second: seen.second,
    time,
    boundary: { rip: hex(seen.rip), place: symbols.format(seen.rip) },
    rip: hex(rip),
    place: symbols.format(rip),
    disassembly: disassembleAround(rip, context),
    timeline: timelineOf(seen, time, context),
    reproduce: reproduction(seen, context.command),
    source: null,
    replay: null,
  };
}

function reproduction({ delivery, at, second }: Observation, command: string): string {
  const times = [at, second].filter((time) => time !== null);
  const nmis = times.length === 0 ? '' : ` --nmi-at ${times.join(',')}`;
  return `${command} --delivery ${delivery}${nmis} --trace`;
}

function disassembleAround(rip: bigint, { machine, symbols }: ViolationContext): string[] {
  const starts = instructionsFrom(symbolBefore(rip, symbols), rip, machine);
  const shown = starts.filter((start) => start <= rip).slice(-(CONTEXT + 1));
  let next = rip;
  for (let i = 0; i < CONTEXT; i++) {
    const isLast = GOES_ELSEWHERE.test(machine.instructionAt(next));
    next += BigInt(lengthAt(next, machine));
    // What follows is as likely data as code, unless somebody gave it a name.
    if (isLast && symbols.lookup(next)?.offset !== 0) break;
    shown.push(next);
  }
  return shown.map((at) => {
    const label = symbols.lookup(at)?.offset === 0 ? `${symbols.format(at)}: ` : '';
    return `${at === rip ? '>' : ' '} ${hex(at).padStart(9)}  ${label}${machine.instructionAt(at)}`;
  });
}

function symbolBefore(rip: bigint, symbols: SymbolTable): bigint {
  const match = symbols.lookup(rip);
  if (match === undefined || BigInt(match.offset) > MOST_FUNCTION_BYTES) return rip;
  return rip - BigInt(match.offset);
}

/** Where instructions start from `start` up to `rip`; `rip` alone if decoding does not meet it. */
function instructionsFrom(start: bigint, rip: bigint, machine: SweepMachine): bigint[] {
  const starts: bigint[] = [];
  let at = start;
  while (at < rip) {
    starts.push(at);
    at += BigInt(lengthAt(at, machine));
  }
  return at === rip ? [...starts, rip] : [rip];
}

function lengthAt(rip: bigint, { vm, disassembler }: SweepMachine): number {
  const { bytes, bits } = vm.codeAt(rip);
  return bytes.length === 0 ? 1 : Math.max(1, disassembler.format(bytes, bits, rip).length);
}

function timelineOf(seen: Observation, breach: number, { symbols }: ViolationContext): string[] {
  const start = seen.at ?? 0;
  const lines = seen.events.map((event) => {
    const time = seen.at === null ? `${event.time}` : `+${event.time - start}`;
    return `${time.padStart(8)}  ${describeEvent(event).padEnd(DESCRIPTION_COLUMNS)}  ${symbols.format(event.rip)}`.trimEnd();
  });
  if (lines.length <= MOST_LINES) return lines;
  const index = seen.events.findLastIndex(({ time }) => time <= breach);
  const isKept = (i: number): boolean =>
    (seen.at !== null && i < LINES_AFTER_NMI) ||
    (i > index - LINES_BEFORE_BREACH && i <= index + LINES_AFTER_BREACH) ||
    i >= lines.length - LINES_AT_END;
  return leaveOut(lines, isKept);
}

/** Where lines are missing, one says how many. */
function leaveOut(lines: readonly string[], isKept: (index: number) => boolean): string[] {
  const shown: string[] = [];
  let hidden = 0;
  lines.forEach((line, i) => {
    if (!isKept(i)) return void hidden++;
    if (hidden > 0) shown.push(`          … ${hidden} events …`);
    hidden = 0;
    shown.push(line);
  });
  return shown;
}

function hex(value: bigint): string {
  return `${value.toString(16)}h`;
}
