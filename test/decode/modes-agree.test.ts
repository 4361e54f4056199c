/**
 * The same instructions end the same however they are lowered: with checked segments, from 16-bit code, and one at a
 * time, where no flag is dead. Flat 32- and 64-bit code is what test/silicon compares with real hardware.
 */
import { expect, it, vi } from 'vitest';
import { differences } from '../silicon/differences.js';
import { SnippetGenerator } from '../silicon/generate.js';
import { CODE_START } from '../silicon/layout.js';
import type { Bits, Outcome, Snippet } from '../silicon/record.js';
import { VmexitSubject, type Subject } from '../silicon/vmexit-subject.js';

const CASES = 2_000;
const SEED = 20261122;
/** Selectors as Linux gives them to 64-bit programs; any will do. */
const SELECTORS = [0x2b, 0x33, 0x2b, 0x2b, 0, 0];
const PAGE_FAULT = 14;
vi.setConfig({ testTimeout: 120_000 });

const flat = await VmexitSubject.create();

/** What differs between the plain run and `subject`, for each snippet where something does. */
function disagreements(
  bits: Bits,
  subject: Subject,
  isComparable: (snippet: Snippet, outcome: Outcome) => boolean = () => true,
): string[] {
  const generator = new SnippetGenerator(bits, SEED);
  const found: string[] = [];
  let compared = 0;
  for (let i = 0; i < CASES; i++) {
    const snippet = generator.next();
    const expected = flat.run(snippet, SELECTORS);
    if (typeof expected === 'string' || !isComparable(snippet, expected)) continue;
    compared++;
    const differing = differences(expected, subject.run(snippet, SELECTORS));
    if (differing.length > 0) found.push(`${describe(snippet)}: ${differing.join(', ')}`);
  }
  expect(compared).toBeGreaterThan(CASES / 3);
  return found;
}

function describe(snippet: Snippet): string {
  return snippet.instructions.map((bytes) => Buffer.from(bytes).toString('hex')).join(' ');
}

it.each([32, 64] as const)('one instruction at a time, %i bits', async (bits) => {
  expect(disagreements(bits, await VmexitSubject.create({ isStepping: true }))).toEqual([]);
});

it('with checked segments', async () => {
  const subject = await VmexitSubject.create({ isSegmented: true });
  expect(disagreements(32, subject, reachesNoLimit)).toEqual([]);
});

it('from 16-bit code', async () => {
  const subject = await VmexitSubject.create({ isCode16: true });
  expect(disagreements(32, fromCode16(subject), hasNoBranch)).toEqual([]);
});

it('from 16-bit code with checked segments', async () => {
  const subject = await VmexitSubject.create({ isCode16: true, isSegmented: true });
  const isComparable = (snippet: Snippet, outcome: Outcome) =>
    hasNoBranch(snippet) && reachesNoLimit(snippet, outcome);
  expect(disagreements(32, fromCode16(subject), isComparable)).toEqual([]);
});

/** Accesses at the end of the address space fault in the paging unit, or in the segment that ends before it. */
function reachesNoLimit(_snippet: Snippet, outcome: Outcome): boolean {
  return !(outcome.vector === PAGE_FAULT && outcome.faultAddress >= 0xffff_fff0n);
}

const OPERAND_SIZE = 0x66;
const ADDRESS_SIZE = 0x67;
const PREFIXES = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, OPERAND_SIZE, ADDRESS_SIZE, 0xf0, 0xf2, 0xf3];

/** VEX encodings (LES and LDS with a register), and ADCX and ADOX, where 66h is part of the opcode. */
function hasFixedOperandSize([first, second = 0, third]: Uint8Array): boolean {
  const isVex = (first === 0xc4 || first === 0xc5) && second >= 0xc0;
  return isVex || (first === 0x0f && second === 0x38 && third === 0xf6);
}

/** The same instruction in code of the other size: 66h and 67h where they were not, and not where they were. */
function otherSize(bytes: Uint8Array): Uint8Array {
  const count = bytes.findIndex((byte) => !PREFIXES.includes(byte));
  const prefixes = [...bytes.subarray(0, count)];
  const toggled = hasFixedOperandSize(bytes.subarray(count)) ? [ADDRESS_SIZE] : [OPERAND_SIZE, ADDRESS_SIZE];
  const kept = prefixes.filter((byte) => !toggled.includes(byte));
  const added = toggled.filter((byte) => !prefixes.includes(byte));
  return Uint8Array.from([...added, ...kept, ...bytes.subarray(count)]);
}

/** Runs the snippet's instructions in 16-bit code and reports RIP as if they were as long as before. */
function fromCode16(subject: VmexitSubject): Subject {
  return {
    run(snippet, selectors) {
      const instructions = snippet.instructions.map(otherSize);
      const outcome = subject.run({ ...snippet, instructions }, selectors);
      if (typeof outcome === 'string') return outcome;
      let [here, there] = [BigInt(CODE_START), BigInt(CODE_START)];
      for (const [i, bytes] of instructions.entries()) {
        if (here >= outcome.rip) break;
        here += BigInt(bytes.length);
        there += BigInt(snippet.instructions[i]?.length ?? 0);
      }
      return { ...outcome, rip: there };
    },
  };
}

/** Branches see where code is, and calls and interrupts save it: both move when instructions change their length. */
function hasNoBranch(snippet: Snippet): boolean {
  return snippet.instructions.every((bytes) => {
    const [opcode = 0, second = 0] = bytes.filter((byte) => !PREFIXES.includes(byte));
    if (opcode === 0x0f) return second < 0x80 || second > 0x8f;
    if (opcode === 0xff) return ![2, 3, 4, 5].includes((second >> 3) & 7);
    const isJcc = opcode >= 0x70 && opcode <= 0x7f;
    const isFar = [0x9a, 0xca, 0xcb, 0xcf, 0xea].includes(opcode);
    const isTransfer = isFar || [0xc2, 0xc3, 0xcc, 0xcd, 0xce, 0xe8, 0xe9, 0xeb, 0xf1].includes(opcode);
    return !isJcc && !isTransfer && !(opcode >= 0xe0 && opcode <= 0xe3);
  });
}
