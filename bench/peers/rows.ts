/** The rows of the comparison: a kernel each, how it is compiled, and how much of it is one chunk. */

export const WORD_SIZES = [32, 64] as const;
export type WordSize = (typeof WORD_SIZES)[number];

/** How floating-point arithmetic, or none, is compiled. */
type Arithmetic = 'integer' | 'x87' | 'sse';

/** One kernel; there is a row of it for each word size. */
export interface Kernel {
  readonly name: string;
  readonly title: string;
  /** File in guest/, without its ending. */
  readonly source: string;
  readonly arithmetic: Arithmetic;
  /** Iterations of one chunk, the work between two marks: a half to one millisecond natively. */
  readonly iterations: number;
  /** Why it cannot run as a process of Linux; undefined if it can. */
  readonly privileged?: string;
  /** Options of gcc beside those that all have. */
  readonly options?: readonly string[];
}

// prettier-ignore
export const KERNELS: readonly Kernel[] = [
  { name: 'alu', title: 'ALU loop', source: 'alu', arithmetic: 'integer', iterations: 200_000 },
  { name: 'sieve', title: 'Sieve', source: 'sieve', arithmetic: 'integer', iterations: 8 },
  { name: 'sha256', title: 'SHA-256', source: 'sha256', arithmetic: 'integer', iterations: 40 },
  { name: 'quicksort', title: 'Quicksort', source: 'quicksort', arithmetic: 'integer', iterations: 3 },
  { name: 'heapsort', title: 'Heapsort', source: 'heapsort', arithmetic: 'integer', iterations: 3 },
  { name: 'matrix-int', title: 'Matrix product, integers', source: 'matrix-int', arithmetic: 'integer', iterations: 10 },
  { name: 'matrix-float', title: 'Matrix product, doubles', source: 'matrix-float', arithmetic: 'sse', iterations: 10 },
  // Vectors would make another kernel of the loops over words.
  { name: 'copy-loop', title: 'Copy and fill by loop', source: 'copy-loop', arithmetic: 'integer', iterations: 120, options: ['-fno-tree-vectorize'] },
  { name: 'copy-rep', title: 'Copy and fill by REP', source: 'copy-rep', arithmetic: 'integer', iterations: 500 },
  // gcc would unfold the recursion, nine calls into one.
  { name: 'fib', title: 'Recursion (fib)', source: 'fib', arithmetic: 'integer', iterations: 16, options: ['-fno-inline', '-fno-optimize-sibling-calls'] },
  { name: 'dhrystone', title: 'Dhrystone-like mix', source: 'dhrystone', arithmetic: 'integer', iterations: 6000 },
  { name: 'coremark', title: 'CoreMark-like mix', source: 'coremark', arithmetic: 'integer', iterations: 60 },
  { name: 'bytecode', title: 'Bytecode interpreter', source: 'bytecode', arithmetic: 'integer', iterations: 400 },
  { name: 'nbody-x87', title: 'n-body, x87', source: 'nbody', arithmetic: 'x87', iterations: 2000 },
  { name: 'nbody-sse', title: 'n-body, SSE', source: 'nbody', arithmetic: 'sse', iterations: 4000 },
  { name: 'mandelbrot-x87', title: 'Mandelbrot, x87', source: 'mandelbrot', arithmetic: 'x87', iterations: 6 },
  { name: 'mandelbrot-sse', title: 'Mandelbrot, SSE', source: 'mandelbrot', arithmetic: 'sse', iterations: 10 },
  { name: 'self-modifying', title: 'Self-modifying code', source: 'self-modifying', arithmetic: 'integer', iterations: 200 },
  { name: 'interrupts', title: 'Software interrupts', source: 'interrupts', arithmetic: 'integer', iterations: 4000, privileged: 'its own interrupt table' },
  { name: 'paging', title: 'Page-table-heavy access', source: 'paging', arithmetic: 'integer', iterations: 10_000, privileged: 'its own page tables' },
];

export interface Row {
  readonly kernel: Kernel;
  readonly bits: WordSize;
}

/** Names a row in files, on the command line of nobody, and in reports. */
export function rowName({ kernel, bits }: Row): string {
  return `${kernel.name}-${bits}`;
}

// prettier-ignore
const ARITHMETIC_OPTIONS: { readonly [Bits in WordSize]: { readonly [Kind in Arithmetic]: readonly string[] } } = {
  32: {
    integer: ['-march=i686', '-mno-sse'],
    x87: ['-march=i686', '-mno-sse', '-mfpmath=387'],
    sse: ['-march=pentium4', '-mfpmath=sse'],
  },
  // SSE2 is part of the 64-bit instruction set, and of its calling convention.
  64: { integer: [], x87: ['-mfpmath=387'], sse: [] },
};

/** What gcc is told about a row besides how to make a freestanding object. */
export function compilerOptions({ kernel, bits }: Row): readonly string[] {
  return ['-O2', ...ARITHMETIC_OPTIONS[bits][kernel.arithmetic], ...(kernel.options ?? [])];
}
