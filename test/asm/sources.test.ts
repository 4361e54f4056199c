/** Whole sources and single expressions: the bytes are those of nasm. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/asm/index.js';
import { hasNasm, nasm } from './nasm.js';

const FOLDER = 'test/asm/sources';
const FILES = { 'words.inc': 'hello world' };

// prettier-ignore
const EXPRESSIONS = [
  '1<<4', '0xff>>4', '-1>>>1', '-1>>1', '1<<64', '7//2', '-7//2', '-7 %% 3', '7 % 3', '-5/2', '2<=>1', '5<3', '!0', '!5',
  '~5', '3 ? 1 : 2', '0 ? 1 : 0 ? 2 : 3', '5&&0', '5||0', '5^^5', '5 != 3', '1 <> 2', '-1 < 1', '3 > 2 > 1', '5 == 5 && 3 == 3',
  '1 + 2 * 3 - 4 / 2', '1 | 2 ^ 3 & 4', '1 << 2 + 3', '- 5 + 3', '-(2 - 7)', '~0 >> 60', "'ab'", '`\\n\\x41`', '0b11', '11b',
  '077o', '0q77', '0d99', '99d', '0ffh', '0FFH', '$0ff', '0h12', '1_000', '0x1_0', '1.5', '-2.5e10', '1e-320', '0x1.8p3',
  '__Infinity__', '-__Infinity__', '__?NaN?__', '0.1', '123456789.123456789',
];

/** Layouts of sections that differ in their attributes. */
const LAYOUTS = [
  'org 100h\nsection .a align=16\na: dw a, b\nsection .b\nb: dd a-$$+$$\nresb 3\nsection .c align=64\ndb 1',
  'section .data\nd: db 1\nsection .text\nt: dw d, t\nsection .bss\nx: resb 5\nsection .bss2 nobits\ny: resb 3\nsection .text\ndw x, y',
  'section .low vstart=8000h\nl: dw l\nsection .text\ndw l\nsection .high vfollows=.low\nh: dw h',
  'section .text start=1000h\ndb 1\nsection .late start=1100h\nq: dw q\nsection .text\ndw q',
  'section .text\ndb 1\nsection .one follows=.text\no: dw o\nsection .two follows=.text2\nz: dw z\nsection .text2\ndw o, z',
  'org 7c00h\nsection .text\nalign 8\nnop\nalign 32, db 0\ndb 1\nsection .data align=32\nw: dw w\nabsolute w\nv: resw 2\nu:\nsection .data\ndw u, v',
];

describe.skipIf(!hasNasm)(`against nasm${hasNasm ? '' : ' (which is missing here)'}`, () => {
  it.each(readdirSync(FOLDER))('%s', async (file) => {
    const source = readFileSync(`${FOLDER}/${file}`, 'utf8');
    const theirs = nasm(source, FILES);
    expect([...theirs.errors]).toEqual([]);
    const { bytes } = await assemble(source, { files: FILES });
    expect(Buffer.from(bytes).toString('hex')).toBe(Buffer.from(theirs.bytes).toString('hex'));
  });

  it('expressions and numbers', async () => {
    const source = EXPRESSIONS.map((text) => `dq ${text}\n`).join('');
    const { bytes } = await assemble(source);
    const theirs = nasm(source).bytes;
    const different = EXPRESSIONS.filter((_, i) => {
      const [at, end] = [8 * i, 8 * i + 8];
      return !Buffer.from(bytes.subarray(at, end)).equals(theirs.subarray(at, end));
    });
    expect(different).toEqual([]);
  });

  it.each(LAYOUTS)('%j', async (source) => {
    const theirs = nasm(`${source}\n`);
    expect([...theirs.errors]).toEqual([]);
    const { bytes } = await assemble(source);
    expect(Buffer.from(bytes).toString('hex')).toBe(Buffer.from(theirs.bytes).toString('hex'));
  });

  it('sizes of branches that depend on each other, and on alignment', async () => {
    const lines = Array.from({ length: 200 }, (_, i) => {
      const target = (i * 73 + 41) % 200;
      const gap = i % 7 === 0 ? 'align 8' : `times ${(i * 5) % 9} nop`;
      return `l${i}: ${i % 3 === 0 ? 'jmp' : 'jnz'} l${target}\n${gap}\n mov eax, [ebx + l${target} - l${i}]\n`;
    });
    const source = `bits 32\n${lines.join('')}`;
    const { bytes } = await assemble(source);
    expect(Buffer.from(bytes).equals(nasm(source).bytes)).toBe(true);
  });
});
