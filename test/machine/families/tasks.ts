/** Task switches: by JMP, CALL, task gates, interrupts and IRET, between 286 and 386 tasks, good and broken. */
import { gate } from '../../helpers/segmented-machine.js';
import type { Random } from '../../silicon/random.js';
import {
  CODE16_3,
  CODE_TYPE,
  codeSelector,
  dataSelector,
  DATA_TYPE,
  descriptorAddress,
  FREE,
  KCODE,
  LDT_SELECTOR,
  STUB_BYTES,
  STUBS32,
  TARGET,
  TASK_STACK,
  TSS,
  TSS16,
  TSS32,
} from '../arena.js';
import { Kind, Scenario } from '../scenario.js';
import { program, startProtected, word } from '../start.js';
import { randomFlags } from './interrupts.js';
import { randomSelector } from './segments.js';

const ARRIVAL = 0x41;
const NT = 0x4000;
const TASK_GATE = 0x85;
/** The task that is switched to, a gate to it, and a TSS of the other size for the running task. */
const NEXT = FREE + 0x40;
const NEXT_GATE = FREE + 0x48;
const RUNNING16 = FREE + 0x50;
const NEW_CODE = FREE + 0x58;
const STACK16 = FREE + 0x60;
/** Faults of the incoming task, by vector: often a task of their own, as an unready stack cannot take them. */
const FAULT_TASK = FREE + 0x68;
const FAULT_TSS = TSS32 + 0x100;
const TASK_FAULTS = [10, 11, 12, 13];

const CAUSES = ['jmp', 'call', 'jmp gate', 'call gate', 'int', 'fault', 'iret'] as const;

export function taskSwitch(random: Random): Scenario {
  const s = new Scenario(Kind.Protected, 'tasks');
  const level = random.pick([0, 0, 3]);
  const cause = random.pick(CAUSES);
  const flags = randomFlags(random) & ~NT;
  startProtected(s, { level, flags: cause === 'iret' ? flags | NT : flags });
  const from16 = random.chance(0.25);
  if (from16) runIn286Task(s);
  const is32 = random.chance(0.65);
  const task = is32 ? makeTask32(s, random) : makeTask16(s, random);
  const descriptor = describeNext(s, random, is32, cause === 'iret');
  const link = random.chance(0.9) ? NEXT : randomSelector(s, random);
  if (cause === 'iret') s.arena.u16(from16 ? TSS16 + 0x80 : TSS, link);
  makeGate(s, random);
  if (random.chance(0.6)) takeFaultsInTask(s);
  s.registers[0] = 0x11223344n;
  s.registers[7] = 0x77777777n;
  const rpl = random.chance(0.8) ? level : random.below(4);
  program(s, codeFor(cause, rpl));
  if (cause === 'int') s.arena.setGate(0x20, { type: TASK_GATE | 0x60, selector: NEXT, offset: 0 });
  if (cause === 'fault') s.arena.setGate(13, { type: TASK_GATE, selector: NEXT, offset: 0 });
  s.name = `${cause} at level ${level} from ${from16 ? 16 : 32} to ${task}, ${descriptor}`;
  return s;
}

function codeFor(cause: (typeof CAUSES)[number], rpl: number): number[] {
  const selector = (cause.endsWith('gate') ? NEXT_GATE : NEXT) | rpl;
  if (cause === 'int') return [0xcd, 0x20];
  if (cause === 'iret') return [0xcf];
  // MOV DS with a selector that lies outside of the GDT: #GP with an error code.
  if (cause === 'fault') return [0x66, 0xb8, 0xf8, 0xff, 0x8e, 0xd8];
  return [cause.startsWith('jmp') ? 0xea : 0x9a, 0x11, 0x22, 0x33, 0x44, ...word(selector)];
}

/** The running task gets a 286 TSS, which holds the stack of level 0 too. */
function runIn286Task(s: Scenario): void {
  const base = TSS16 + 0x80;
  s.arena.setDescriptor(RUNNING16, { type: 0x81, base, limit: 0x2b, flags: 0 });
  s.arena.u16(base + 2, 0x8ff0);
  s.arena.u16(base + 4, dataSelector(0));
  s.tr = RUNNING16;
}

/** All through one task, which tells its faults apart by their error codes. */
function takeFaultsInTask(s: Scenario): void {
  s.arena.setTask32(FAULT_TSS, { eip: STUBS32 + STUB_BYTES * TASK_FAULTS[0]!, esp: TASK_STACK - 0x100 });
  s.arena.setDescriptor(FAULT_TASK, { type: 0x89, base: FAULT_TSS, limit: 0x67, flags: 0 });
  for (const vector of TASK_FAULTS)
    s.arena.setGate(vector, { type: TASK_GATE, selector: FAULT_TASK, offset: 0 });
}

function makeGate(s: Scenario, random: Random): void {
  const type = random.chance(0.9) ? TASK_GATE | 0x60 : random.pick([0x05, 0xa5, 0x85]);
  const target = random.chance(0.85) ? NEXT : random.pick([0, NEXT | 4, NEXT | 3, 0xfff8, FREE]);
  s.arena.u64(descriptorAddress(NEXT_GATE), gate(target, 0, type));
}

/** The descriptor of the next task: busy when IRET returns to it, available otherwise. */
function describeNext(s: Scenario, random: Random, is32: boolean, isReturn: boolean): string {
  const good = (is32 ? 0x89 : 0x81) | (isReturn ? 2 : 0) | 0x60;
  const type = random.chance(0.85)
    ? good
    : random.pick([good ^ 2, good & 0x7f, good & ~0x60, random.below(256)]);
  const minimum = is32 ? 0x67 : 0x2b;
  const limit = random.chance(0.85) ? minimum : random.pick([minimum - 1, 0x2b, 0x67, 0xfffff]);
  s.arena.setDescriptor(NEXT, { type, base: is32 ? TSS32 : TSS16, limit, flags: 0 });
  return `type ${type.toString(16)} limit ${limit.toString(16)}`;
}

function makeTask32(s: Scenario, random: Random): string {
  const level = random.pick([0, 0, 3, 1]);
  const eip = level === 0 ? STUBS32 + STUB_BYTES * ARRIVAL : TARGET;
  const flags = 2 | (random.u32() & 0x3fffd7 & ~(random.chance(0.7) ? 0x24100 : 0x20100));
  s.arena.setTask32(TSS32, { eip, level, flags, esp: TASK_STACK });
  s.arena.u16(TSS32 + 0x60, random.chance(0.5) ? LDT_SELECTOR : 0);
  s.arena.u16(TSS32 + 0x64, random.chance(0.1) ? 1 : 0);
  for (let i = 0; i < 4; i++) s.arena.u32(TSS32 + 0x28 + 4 * i, random.u32());
  if (random.chance(0.55)) return `386 task of level ${level}`;
  const field = random.pick(['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldt', 'eip']);
  breakTask32(s, random, field, level);
  return `386 task of level ${level} with ${field} ${s.arena.getU32(TSS32 + fieldOffset32(field)).toString(16)}`;
}

function fieldOffset32(field: string): number {
  if (field === 'eip') return 0x20;
  if (field === 'ldt') return 0x60;
  return 0x48 + 4 * ['es', 'cs', 'ss', 'ds', 'fs', 'gs'].indexOf(field);
}

function breakTask32(s: Scenario, random: Random, field: string, level: number): void {
  const offset = TSS32 + fieldOffset32(field);
  if (field === 'cs')
    s.arena.u16(offset, random.chance(0.5) ? newCode(s, random, level) : randomSelector(s, random));
  else if (field === 'eip') {
    s.arena.u16(TSS32 + fieldOffset32('cs'), CODE16_3);
    s.arena.u16(TSS32 + fieldOffset32('ss'), dataSelector(3));
    s.arena.u32(offset, random.pick([0x10000, 0x12345678, TARGET]));
  } else s.arena.u16(offset, random.chance(0.3) ? random.pick([0, 3, 4, 0xfff8]) : randomSelector(s, random));
}

function newCode(s: Scenario, random: Random, level: number): number {
  const dpl = random.chance(0.6) ? level : random.below(4);
  const type = CODE_TYPE | (random.chance(0.4) ? 4 : 0) | (dpl << 5);
  s.arena.setDescriptor(NEW_CODE, {
    type: random.chance(0.85) ? type : random.pick([type & 0x7f, DATA_TYPE]),
    flags: random.pick([12, 4]),
    limit: random.pick([0xfffff, TARGET - 1]),
  });
  return NEW_CODE | level;
}

/** Its fields are 16 bits wide; it has no FS and GS. */
function makeTask16(s: Scenario, random: Random): string {
  const level = random.pick([3, 3, 1]);
  const data = random.chance(0.85) ? dataSelector(level) : randomSelector(s, random);
  const code = random.chance(0.85) ? codeSelector(level) : newCode(s, random, level);
  const flags = 2 | (random.u32() & 0x7ed5);
  const fields = [TARGET, flags, 0x1111, 0x2222, 0x3333, 0x4444, TASK_STACK, 0x5555, 0x6666, 0x7777];
  // The upper half of ESP is not defined in a 286 task: its stack has 16-bit addresses.
  s.arena.setDescriptor(STACK16, { type: DATA_TYPE | (level << 5), limit: 0xffff, flags: 0 });
  [...fields, data, code, STACK16 | level, data, random.pick([0, LDT_SELECTOR])].forEach((value, i) =>
    s.arena.u16(TSS16 + 0x0e + 2 * i, value),
  );
  s.arena.u16(TSS16 + 2, 0x8ff0);
  s.arena.u16(TSS16 + 4, dataSelector(0));
  return `286 task of level ${level} with code ${code === KCODE ? 'of the kernel' : code.toString(16)}`;
}
