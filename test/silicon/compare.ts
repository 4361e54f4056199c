/** Runs snippets natively and in vmexit, finds the first instruction that differs, and says how. */
import { Decoder, DecoderOptions, Formatter, FormatterSyntax, RflagsBits } from 'iced-x86';
import type { Instruction } from 'iced-x86';
import { Seg } from '../../assembly/abi/register.js';
import type { NativeProcessor } from './native.js';
import { isUnknowable } from './segments.js';
import {
  CODE_ADDRESS,
  CODE_BYTES,
  codeOf,
  MAX_PATCHES,
  startOf,
  WINDOW_ADDRESS,
  WINDOW_BYTES,
} from './record.js';
import type { Outcome, Snippet } from './record.js';

/** What runs a snippet in vmexit. A text is a stop that no processor shows: an unimplemented instruction, a hang. */
export interface Subject {
  run(snippet: Snippet, selectors: readonly number[]): Outcome | string;
}

export interface Mismatch {
  /** The instruction, as NASM would write it. */
  readonly culprit: string;
  /** Everything needed to see it again. */
  readonly text: string;
}

export interface Report {
  readonly cases: number;
  /** Cases whose native run reached memory that only the native process has. */
  readonly unreachable: number;
  readonly mismatches: readonly Mismatch[];
  /** Cases that differ only in flags that the manual leaves undefined, by instruction and flags. */
  readonly undefinedFlags: ReadonlyMap<string, number>;
}

/** Mismatches that are taken apart, which costs two processes each; the rest are only counted. */
const MOST_ISOLATED = 60;

// Status flags, TF, DF, NT, AC and ID; not IF and IOPL (the operating system's), not RF (set in a saved image only).
const COMPARED_FLAGS = 0x24_4dd5;
const NT_ID = 0x20_4000;
const VECTOR_PF = 14;
const PF_PRESENT = 1;
/** Above this Linux reports every page as present, so as not to tell which exist. */
const KERNEL_HALF = 0x7fff_ffff_f000n;

export function compare(snippets: readonly Snippet[], native: NativeProcessor, subject: Subject): Report {
  const undefinedFlags = new Map<string, number>();
  const mismatches: Mismatch[] = [];
  let unreachable = 0;
  native.run(snippets).forEach((expected, i) => {
    const snippet = snippets[i];
    if (snippet === undefined) return;
    const actual = subject.run(snippet, expected?.selectors ?? []);
    if (isUnreachable(expected, actual)) unreachable++;
    else if (differences(expected, actual).length > 0) {
      if (mismatches.length >= MOST_ISOLATED) {
        mismatches.push({ culprit: 'more', text: 'one more, not taken apart' });
        return;
      }
      const found = isolate(snippet, native, subject);
      if (found.undefinedFlags === undefined) mismatches.push(found);
      else undefinedFlags.set(found.undefinedFlags, (undefinedFlags.get(found.undefinedFlags) ?? 0) + 1);
    }
  });
  return { cases: snippets.length, unreachable, mismatches, undefinedFlags };
}

/** The native process touched something that is not mapped in vmexit: its own code, libraries or stack. */
function isUnreachable(expected: Outcome | undefined, actual: Outcome | string): boolean {
  if (expected === undefined || expected.lastSelectors.slice(0, Seg.Gs).some(isUnknowable)) return true;
  if (typeof actual === 'string' || actual.vector !== VECTOR_PF) return false;
  if (isMapped(actual.faultAddress)) return false;
  const isSameFault = expected.vector === VECTOR_PF && expected.faultAddress === actual.faultAddress;
  if (!isSameFault || isHidden(expected.faultAddress)) return !isSameFault;
  return ((expected.errorCode ^ actual.errorCode) & PF_PRESENT) !== 0;
}

/** Whether a page is present is not told. */
function isHidden(address: bigint): boolean {
  return address >= KERNEL_HALF;
}

function isMapped(address: bigint): boolean {
  const isIn = (start: number, bytes: number) => address >= BigInt(start) && address < BigInt(start + bytes);
  return isIn(WINDOW_ADDRESS, WINDOW_BYTES) || isIn(CODE_ADDRESS, CODE_BYTES);
}

/** In the order of record.ts; CS is second there. */
const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs'];
const REGISTER_NAMES = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');

/** Names of what differs, with both values: silicon first. */
export function differences(expected: Outcome | undefined, actual: Outcome | string): string[] {
  if (expected === undefined) return [];
  if (typeof actual === 'string') return [`stopped: ${actual}`];
  const found: string[] = [];
  const check = (name: string, a: number | bigint, b: number | bigint) => {
    if (a !== b) found.push(`${name} ${a.toString(16)} ≠ ${b.toString(16)}`);
  };
  check('vector', expected.vector, actual.vector);
  check('rip', expected.rip, actual.rip);
  REGISTER_NAMES.forEach((name, i) => check(name, expected.registers[i] ?? 0n, actual.registers[i] ?? 0n));
  check('flags', expected.flags & COMPARED_FLAGS, actual.flags & COMPARED_FLAGS);
  const hidden = isHidden(expected.faultAddress) ? PF_PRESENT : 0;
  check('error code', expected.errorCode & ~hidden, actual.errorCode & ~hidden);
  check('fault address', expected.faultAddress, actual.faultAddress);
  SEGMENT_NAMES.forEach((name, i) =>
    check(name, expected.lastSelectors[i] ?? 0, actual.lastSelectors[i] ?? 0),
  );
  check('changed words', expected.changedCount, actual.changedCount);
  expected.changed.forEach((word, i) => {
    check(`changed word ${i}`, word.index, actual.changed[i]?.index ?? -1);
    check(`word ${word.index.toString(16)}`, word.value, actual.changed[i]?.value ?? -1);
  });
  return found;
}

/** The shortest prefix that differs; its last instruction is the culprit, started from what came before it if possible. */
function isolate(
  snippet: Snippet,
  native: NativeProcessor,
  subject: Subject,
): Mismatch & { readonly undefinedFlags?: string } {
  const prefixes = snippet.instructions.map((_, i) => ({
    ...snippet,
    instructions: snippet.instructions.slice(0, i + 1),
  }));
  const outcomes = native.run(prefixes);
  const first = prefixes.findIndex((prefix, i) => {
    const outcome = outcomes[i];
    return differences(outcome, subject.run(prefix, outcome?.selectors ?? [])).length > 0;
  });
  const index = first < 0 ? prefixes.length - 1 : first;
  const shortest = alone(prefixes[index] ?? snippet, outcomes[index - 1]);
  for (const candidate of [shortest, prefixes[index] ?? snippet]) {
    const [expected] = native.run([candidate]);
    const actual = subject.run(candidate, expected?.selectors ?? []);
    const found = differences(expected, actual);
    if (found.length > 0) return describe(candidate, expected, actual, found);
  }
  return { culprit: 'not repeatable', text: describeInput(snippet) };
}

/** The last instruction alone, from the state that the ones before it left. */
function alone(prefix: Snippet, before: Outcome | undefined): Snippet {
  const last = prefix.instructions.at(-1);
  // NT and ID cannot be loaded by a signal return.
  if (
    before === undefined ||
    (before.flags & NT_ID) !== 0 ||
    last === undefined ||
    before.changedCount > before.changed.length
  )
    return prefix;
  const patches = new Map([...prefix.patches, ...before.changed].map(({ index, value }) => [index, value]));
  const hasSameSegments = before.selectors.every((selector, i) => selector === before.lastSelectors[i]);
  if (!hasSameSegments || patches.size > MAX_PATCHES) return prefix;
  return {
    ...prefix,
    instructions: [last],
    registers: before.registers,
    flags: before.flags & (COMPARED_FLAGS | 0x202),
    patches: [...patches].map(([index, value]) => ({ index, value })),
  };
}

function describe(
  snippet: Snippet,
  expected: Outcome | undefined,
  actual: Outcome | string,
  found: readonly string[],
): Mismatch & { readonly undefinedFlags?: string } {
  const lines = disassemble(snippet);
  const culprit = lines.at(-1)?.text ?? '';
  const undefinedMask = lines.at(-1)?.undefinedFlags ?? 0;
  const text = [`${describeInput(snippet)}`, ...found.map((difference) => `    ${difference}`)].join('\n');
  const isOnlyFlags = found.length === 1 && found[0]?.startsWith('flags') === true;
  if (!isOnlyFlags || expected === undefined || typeof actual === 'string') return { culprit, text };
  const differing = (expected.flags ^ actual.flags) & COMPARED_FLAGS;
  if ((differing & ~undefinedMask) !== 0) return { culprit, text };
  return { culprit, text, undefinedFlags: `${culprit.split(' ')[0] ?? ''} ${flagNames(differing)}` };
}

function describeInput(snippet: Snippet): string {
  const registers = snippet.registers
    .slice(0, snippet.bits === 64 ? 16 : 8)
    .map((value, i) => `${REGISTER_NAMES[i] ?? ''}=${value.toString(16)}`);
  const lines = disassemble(snippet).map(({ bytes, text }) => `  ${bytes.padEnd(32)} ${text}`);
  const input = `  from ${registers.join(' ')} flags=${snippet.flags.toString(16)} window seed ${snippet.windowSeed}`;
  return [`${snippet.bits}-bit`, ...lines, input].join('\n');
}

interface Line {
  readonly bytes: string;
  readonly text: string;
  /** RFLAGS bits that the manual leaves undefined. */
  readonly undefinedFlags: number;
}

function disassemble(snippet: Snippet): Line[] {
  const formatter = new Formatter(FormatterSyntax.Nasm);
  const decoder = new Decoder(snippet.bits, codeOf(snippet), DecoderOptions.AMD);
  decoder.ip = BigInt(startOf(snippet.bits));
  const lines = snippet.instructions.map((bytes) => {
    const instruction = decoder.decode();
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const line = {
      bytes: hex,
      text: formatter.format(instruction),
      undefinedFlags: undefinedFlagsOf(instruction),
    };
    instruction.free();
    return line;
  });
  decoder.free();
  formatter.free();
  return lines;
}

// prettier-ignore
const STATUS_FLAGS = [
  [RflagsBits.CF, 0x001, 'CF'], [RflagsBits.PF, 0x004, 'PF'], [RflagsBits.AF, 0x010, 'AF'],
  [RflagsBits.ZF, 0x040, 'ZF'], [RflagsBits.SF, 0x080, 'SF'], [RflagsBits.OF, 0x800, 'OF'],
] as const;

function undefinedFlagsOf(instruction: Instruction): number {
  const undefinedBits = instruction.rflagsUndefined;
  return STATUS_FLAGS.reduce((mask, [iced, bit]) => (undefinedBits & iced ? mask | bit : mask), 0);
}

function flagNames(mask: number): string {
  return STATUS_FLAGS.filter(([, bit]) => mask & bit)
    .map(([, , name]) => name)
    .join(' ');
}
