/** Code for robustness cases: random bytes, random opcodes with prefixes, and code from a compiler or generator with bits flipped. */
import { readFileSync } from 'node:fs';
import { SnippetGenerator } from '../silicon/generate.js';
import type { Random } from '../silicon/random.js';
import type { Bits, Snippet } from '../silicon/record.js';

/** Of compiled code. */
const MOST_CODE = 512;
const MOST_FLIPS = 6;
const SNIPPETS = 6;
/** Snippets that the cases of a seed are made of. */
const POOL = 60;
/** Where code is in the compiled fixtures: past the headers. */
const FIXTURE_HEADER = 0x1000;

// prettier-ignore
const PREFIXES = [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x40, 0x48, 0x4d];
/** Escapes to other opcode maps: two bytes, three, VEX. */
const ESCAPES = [[0x0f], [0x0f], [0x0f, 0x38], [0x0f, 0x3a], [0xc5], [0xc4, 0xe2], [0xc4, 0xe3], []];

/** Code and, of snippets, the registers that they were made for. */
export interface CodeCase {
  readonly bytes: Uint8Array;
  readonly snippet?: Snippet;
}

const COMPILED: Readonly<Record<Bits, Uint8Array>> = {
  16: readFileSync('guests/fixtures/nmi-count-16.bin'),
  32: readFileSync('guests/fixtures/c-sort-32.elf').subarray(FIXTURE_HEADER),
  64: readFileSync('guests/fixtures/c-sort-64.elf').subarray(FIXTURE_HEADER),
};

/** The same code, one after the other, for the same seed. */
export class CodeSource {
  readonly #snippets: readonly Snippet[];
  readonly #compiled: Uint8Array;

  constructor(
    bits: Bits,
    private readonly random: Random,
  ) {
    const generator = new SnippetGenerator(bits, random.u32(), { families: ['integer', 'extended'] });
    this.#snippets = Array.from({ length: POOL }, () => generator.next());
    this.#compiled = COMPILED[bits];
  }

  next(): CodeCase {
    const { random } = this;
    const roll = random.below(100);
    if (roll < 30) return { bytes: randomBytes(random) };
    if (roll < 55) return { bytes: randomOpcodes(random) };
    if (roll < 85) return this.#fromSnippets();
    return { bytes: flip(this.#fromCompiler(), random) };
  }

  #fromSnippets(): CodeCase {
    const { random } = this;
    const snippets = Array.from({ length: 1 + random.below(SNIPPETS) }, () => random.pick(this.#snippets));
    const bytes = Uint8Array.from(
      snippets.flatMap(({ instructions }) => instructions.flatMap((i) => [...i])),
    );
    return { bytes: random.chance(0.3) ? bytes : flip(bytes, random), snippet: snippets[0]! };
  }

  #fromCompiler(): Uint8Array {
    const { random } = this;
    const code = this.#compiled;
    const start = random.below(code.length - 64);
    return code.slice(start, start + 32 + random.below(MOST_CODE - 32));
  }
}

function randomBytes(random: Random): Uint8Array {
  return Uint8Array.from({ length: 16 + random.below(112) }, () => random.below(256));
}

/** What looks like instructions: prefixes, an escape, an opcode, a ModRM byte and more. */
function randomOpcodes(random: Random): Uint8Array {
  const bytes: number[] = [];
  for (let count = 1 + random.below(24); count > 0; count--) {
    while (random.chance(0.25)) bytes.push(random.pick(PREFIXES));
    if (random.chance(0.6)) bytes.push(...random.pick(ESCAPES));
    const rest = 2 + random.below(4);
    for (let i = 0; i < rest; i++) bytes.push(random.below(256));
  }
  // A jump back, so that some of it becomes hot.
  if (random.chance(0.3)) bytes.push(0xeb, 0x80 + random.below(0x80));
  return Uint8Array.from(bytes);
}

function flip(code: Uint8Array, random: Random): Uint8Array {
  const flipped = code.slice();
  for (let flips = random.below(MOST_FLIPS + 1); flips > 0; flips--)
    flipped[random.below(flipped.length)]! ^= 1 << random.below(8);
  return flipped;
}
