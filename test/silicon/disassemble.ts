/** A snippet as text, and what iced knows about its instructions. */
import { Decoder, DecoderOptions, Formatter, FormatterSyntax, RflagsBits } from 'iced-x86';
import type { Code, Instruction } from 'iced-x86';
import { codeOf, startOf } from './record.js';
import type { Snippet } from './record.js';

export interface Line {
  readonly code: Code;
  readonly bytes: string;
  /** As NASM would write it. */
  readonly text: string;
  /** RFLAGS bits that the manual leaves undefined. */
  readonly undefinedFlags: number;
}

export function disassemble(snippet: Snippet): Line[] {
  const formatter = new Formatter(FormatterSyntax.Nasm);
  const decoder = new Decoder(snippet.bits, codeOf(snippet), DecoderOptions.AMD);
  decoder.ip = BigInt(startOf(snippet.bits));
  const lines = snippet.instructions.map((bytes) => {
    const instruction = decoder.decode();
    const line = {
      code: instruction.code,
      bytes: [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
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

export function flagNames(mask: number): string {
  return STATUS_FLAGS.filter(([, bit]) => mask & bit)
    .map(([, , name]) => name)
    .join(' ');
}
