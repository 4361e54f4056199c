/** What is said about sources that cannot be assembled, and that nothing hangs. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble, AssemblyError, type AssembleOptions } from '../../src/asm/index.js';

/** The errors of a source, as `line:column code`, and their messages. */
async function errorsOf(source: string, options?: AssembleOptions): Promise<AssemblyError['diagnostics']> {
  const failure: unknown = await assemble(source, options).catch((error: unknown) => error);
  if (!(failure instanceof AssemblyError)) throw new Error(`no AssemblyError but ${String(failure)}`);
  expect(failure.code).toBe('ASSEMBLY');
  return failure.diagnostics.filter(({ severity }) => severity === 'error');
}

// prettier-ignore
it.each([
  ['mov eax, bl', '1:1 OPERANDS', /mov does not take eax, bl/],
  [' movv eax, 1', '1:2 UNKNOWN_INSTRUCTION', /there is no instruction movv/],
  ['nop\n\n  jmp nowhere', '3:7 UNDEFINED_SYMBOL', /nowhere is not defined/],
  ['Start: jmp start', '1:12 UNDEFINED_SYMBOL', /did you mean Start\?/],
  ['a: nop\na: nop', '2:1 DUPLICATE_SYMBOL', /a is defined twice/],
  ['bits 32\n push rax', '2:2 OPERANDS|NOT_IN_MODE', /push/],
  ['bits 64\n pusha', '2:2 NOT_IN_MODE', /64-bit code/],
  [' inc [bx]', '1:6 OPERAND_SIZE', /byte or word/],
  [' mov al, [cx]', '1:10 OPERANDS', /16-bit address/],
  [' mov eax, dword ptr [bx]', '1:17 SYNTAX', /PTR is not part/],
  [' db "abc', '1:5 SYNTAX', /no closing/],
  [' db 1 +', '1:8 SYNTAX', /expected a value, but the line ends/],
  [' db 1/0', '1:6 EXPRESSION', /division by zero/],
  [' times later db 0\nlater:', '1:8 NOT_CONSTANT', /must be/],
  [' times -1 nop', '1:8 RANGE', /-1 times/],
  [' jmp short $+200', '1:6 RANGE', /too far/],
  ['%if 1\nnop', '1:1 CONDITION', /no %endif/],
  ['%endif', '1:1 CONDITION', /has no %if/],
  ['%macro m 1\nnop', '1:1 MACRO', /no %endmacro/],
  ['%frobnicate', '1:1 SYNTAX', /no directive %frobnicate/],
  ['%include "x.inc"', '1:1 FILE', /no file "x.inc"/],
  ['%error too small', '1:1 USER', /too small/],
  ['%use strict', '1:6 SYNTAX', /altreg, smartalign, ifunc, fp/],
  ['%use smartalign\nalignmode p7', '2:1 SYNTAX', /nop, generic, k7, k8, p6/],
  ['alignmode p6', '1:1 UNKNOWN_INSTRUCTION', /alignmode/],
  ['%use ifunc\n dd ilog2e(5)', '2:5 EXPRESSION', /5 is no power of two/],
  ['%use fp\n dd float32(12)', '2:5 SYNTAX', /expected a floating-point number/],
  ['a: dd __?ilog2f?__(a)', '1:7 EXPRESSION', /needs plain numbers/],
  ['%stacksize huge', '1:12 MACRO', /flat, flat64, large, small/],
  ['%arg', '1:1 MACRO', /needs a name and a size/],
  ['%arg x', '1:6 MACRO', /as in x:word/],
  ['%arg x:far', '1:8 MACRO', /byte, word, dword/],
  ['%local x:word', '1:1 MACRO', /%push/],
  ['%push p\n%local x:word', '2:1 MACRO', /%assign %\$localsize/],
  ['extern f', '1:1 UNSUPPORTED', /linker/],
  ['section .x follows=.y\nnop', '1:1 SECTION', /which is not there/],
])('%j', async (source, expected, message) => {
  const [first] = await errorsOf(source);
  expect(expected.split('|').map((one) => one.split(' ').at(-1))).toContain(first?.code);
  expect(`${first?.line}:${first?.column}`).toBe(expected.split(' ')[0]);
  expect(first?.message).toMatch(message);
});

it('reports many errors in one pass, of syntax and of symbols, in the order of the source', async () => {
  const errors = await errorsOf('mov eax, nope1\n mov 5\n db )\nmov ebx, nope2\n%bad\n');
  expect(errors.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
});

it('says which macro an error is in', async () => {
  const [error] = await errorsOf(
    '%macro outer 1\n inner %1\n%endmacro\n%macro inner 1\n mov al, %1\n%endmacro\nnop\n outer rax',
  );
  expect(error).toMatchObject({ line: 8, column: 2 });
  expect(error?.expansions).toEqual([
    { macro: 'outer', file: 'source.asm', line: 2 },
    { macro: 'inner', file: 'source.asm', line: 5 },
  ]);
});

it('names the included file', async () => {
  const [error] = await errorsOf('nop\n%include "a.inc"', { files: { 'a.inc': 'nop\n bad bad' } });
  expect(error).toMatchObject({ file: 'a.inc', line: 2 });
});

it('stops after a hundred errors', async () => {
  const errors = await errorsOf('mov 1\n'.repeat(500));
  expect(errors.length).toBe(101);
  expect(errors.at(-1)?.message).toMatch(/100 errors/);
});

describe('nothing runs for ever', () => {
  it.each([
    ['a macro that calls itself', '%rmacro m 0\n m\n%endmacro\n m'],
    [
      'macros that double',
      '%define a b b b b\n%define b c c c c\n%define c d d d d\n%define d e e e e\n%define e f f f f\n%define f g g g g\n%define g h h h h\n%define h i i i i\n%define i j j j j\ndb a',
    ],
    ['%rep', '%rep 1000000000\nnop\n%endrep'],
    ['nested %rep', '%rep 100000\n%rep 100000\nnop\n%endrep\n%endrep'],
    ['TIMES', 'times 1000000000000 db 0'],
    ['DUP', 'db 1000000000 dup (1, 2, 3)'],
    ['RESB in a section with bits', 'resb 100000000000'],
    ['ALIGN', 'align 1 << 40'],
    ['a file that includes itself', '%include "me"'],
    ['parentheses', `db ${'('.repeat(100_000)}1`],
    ['signs', `db ${'-'.repeat(100_000)}1`],
    ['a distant section', 'section .a start=0\nnop\nsection .b start=100000000000\nnop'],
  ])(
    '%s',
    async (_, source) => {
      const errors = await errorsOf(source, { files: { me: '%include "me"' } });
      expect(errors.length).toBeGreaterThan(0);
    },
    30_000,
  );
});

/** Pieces that make more of a parser than letters do. */
// prettier-ignore
const PIECES = [
  'mov', 'eax', ', ', '[', ']', 'x', ':', ' ', '\n', '%macro m 1-*', '%endmacro', '%if', '%else', '%endif', '%rep 3', '%endrep',
  '%define x', '%1', '%%l', '%$c', '%{1', '%+', '%[', '(', ')', '{', '}', '"', "'", '`\\x', '$', '$$', '0x', '1.5e', '5', 'times',
  'db', 'resb', 'equ', 'section .a', 'align=', 'org', 'bits 64', 'lock', 'rep', 'jmp', 'short', 'm', 'dup', '?', '..@', '.l',
  'struc s', 'endstruc', 'vaddps', 'xmm1', '%push', '%pop', '%rotate', '%assign i i+1', 'incbin', 'absolute', '<<', '//', '\\', ';',
];

it('takes any text, or says what is wrong with it', async () => {
  const text = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 })), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(text, async (pieces) => {
      try {
        await assemble(pieces.join(' '));
      } catch (error) {
        if (!(error instanceof AssemblyError)) throw error;
      }
    }),
    { numRuns: 1500, seed: 1 },
  );
}, 60_000);
