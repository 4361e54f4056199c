/** Every encoding that vmexit runs, in each code size: what our assembler makes of it is what Debian's nasm makes of it. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { assemble } from '../../src/asm/index.js';
import { icedUrl } from '../../src/binaries.js';
import { InstructionCorpus } from './instruction-corpus.js';
import { hasNasm, nasm } from './nasm.js';

/** What we take and nasm 2.16 does not, or takes for a label, or encodes in a form that vmexit does not have; and why. */
const DIFFERENT: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /^(fnsetpm|fsetpm|fstpnce|reservednop|sysretq|sysexitq|v?pcmpestr[im]64)\b/,
    'a name that nasm does not know',
  ],
  [/^(arpl|lldt|ltr|verr|verw|lmsw)\b/, 'nasm wants the names of 16-bit registers'],
  [
    /^movsxd (\w\w|e\w\w|r\d+[wd]), |^mov[sz]x ([a-d]x|[sd]i|r\d+w), (word|[a-d]x|[sd]i|r\d+w)/,
    'nasm does not know the forms that extend nothing',
  ],
  [/^bswap (\w\w|r\d+w)$/, 'undefined for 16 bits, and iced knows it'],
  [
    /^(call|jmp) (\w\w|r\d+w|word \[.*)$/,
    'nasm does not know 16-bit branches in 64-bit code, which AMD processors have',
  ],
  [/^skinit$/, 'nasm believes that it is for 64-bit code only'],
  [/^(clwb|clflush|clflushopt) byte/, 'nasm takes no size here'],
  [/^(vcmpss|cmpsd|pmuludq|psubq|palignr) .*\[/, 'nasm takes no size in these'],
  [
    /^v?(pinsr[bw]|pextrw|pmovmskb|extractps) .*\br/,
    'nasm knows no 64-bit register here, or takes AVX-512 for it',
  ],
];

const MODES = [16, 32, 64] as const;
const module = new WebAssembly.Module(readFileSync(icedUrl()));

describe.skipIf(!hasNasm)(`against nasm${hasNasm ? '' : ' (which is missing here)'}`, () => {
  const corpus = new InstructionCorpus(module);
  const texts = { 16: textsOf(16), 32: textsOf(32), 64: textsOf(64) };

  function textsOf(bits: 16 | 32 | 64): string[] {
    return corpus.lines(bits).map(({ text }) => text);
  }

  describe.each(MODES)('%i-bit code', (bits) => {
    const all = texts[bits];
    const lines = all.filter((text) => !isDifferent(text));
    const source = [`bits ${bits}`, ...lines, ''].join('\n');
    let theirs: ReturnType<typeof nasm>;

    beforeAll(() => {
      theirs = nasm(source);
    });

    it(`is ${lines.length} lines, all of which nasm takes`, () => {
      expect(lines.length).toBeGreaterThan(6000);
      expect(
        [...theirs.errors].map(([line, message]) => `${lines[line - 2] ?? ''}: ${message}`).slice(0, 20),
      ).toEqual([]);
    });

    it('has the same bytes', async () => {
      const ours = await assemble(source);
      const bytes = new Map<number, string>();
      for (const { line, address, bytes: length } of ours.lines)
        bytes.set(
          line,
          Buffer.from(ours.bytes.subarray(address, address + length))
            .toString('hex')
            .toUpperCase(),
        );
      const different = lines.flatMap((text, i) => {
        const [our, their] = [bytes.get(i + 2), theirs.lines.get(i + 2)];
        return our === their ? [] : [`${text}: ${our ?? 'nothing'}, nasm ${their ?? 'nothing'}`];
      });
      expect(different.slice(0, 20)).toEqual([]);
      expect(Buffer.from(ours.bytes).equals(theirs.bytes)).toBe(true);
    });

    it('is not different in more than what is listed', () => {
      expect(all.length - lines.length).toBeLessThan(all.length / 30);
    });
  });

  it.each(DIFFERENT)('%s: %s', (pattern) => {
    expect(MODES.some((bits) => texts[bits].some((text) => pattern.test(text)))).toBe(true);
  });
});

function isDifferent(text: string): boolean {
  return DIFFERENT.some(([pattern]) => pattern.test(text));
}
