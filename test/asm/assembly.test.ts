/** What an assembly says beside its bytes: symbols, lines, listing; and options. */
import { expect, it } from 'vitest';
import { assemble } from '../../src/asm/index.js';

const SOURCE = `        bits 32
        org 1000h
LIMIT   equ 3
%macro twice 1
        inc %1
        inc %1
%endmacro
start:  mov ecx, LIMIT
.loop:  twice eax
        loop .loop
        dd text
text:   db "hi", 0
        section .bss
room:   resb 8
`;

it('knows labels, constants and where everything stands', async () => {
  const assembly = await assemble(SOURCE, { name: 'x.asm' });
  expect(assembly.origin).toBe(0x1000);
  expect(assembly.bits).toBe(32);
  expect(assembly.symbols).toEqual({ start: 0x1000, 'start.loop': 0x1005, text: 0x100d, room: 0x1010 });
  expect(assembly.constants).toEqual({ LIMIT: 3n });
  expect(
    assembly.lines.map(({ address, bytes, line, callLine }) => [address, bytes, line, callLine]),
  ).toEqual([
    [0x1000, 5, 8, 8],
    [0x1005, 1, 5, 9],
    [0x1006, 1, 6, 9],
    [0x1007, 2, 10, 10],
    [0x1009, 4, 11, 11],
    [0x100d, 3, 12, 12],
  ]);
});

it('lists each line with its address and bytes', async () => {
  const lines = (await assemble(SOURCE, { name: 'x.asm' })).listing().split('\n');
  expect(lines[0]).toBe('; x.asm');
  expect(lines).toContain('     8  00001000  B903000000        start:  mov ecx, LIMIT');
  expect(lines.slice(9, 11)).toEqual([
    '     9  00001005  40                .loop:  twice eax',
    '        00001006  40',
  ]);
  expect(lines).toContain('    14  00001010  <8 bytes>         room:   resb 8');
});

it('takes files from a function, which may take its time', async () => {
  const asked: string[] = [];
  const files = async (name: string, from: string) => {
    asked.push(`${from} ${name}`);
    await Promise.resolve();
    return { 'a.inc': '%include "b.inc"\ndb A', 'b.inc': '%define A 7', 'c.bin': Uint8Array.of(1, 2, 3) }[
      name
    ];
  };
  const { bytes } = await assemble('%include "a.inc"\nincbin "c.bin", 1', { name: 'm.asm', files });
  expect([...bytes]).toEqual([7, 2, 3]);
  expect(asked).toEqual(['m.asm a.inc', 'a.inc b.inc', 'm.asm c.bin']);
});

it('takes definitions, a code size and an origin', async () => {
  const { bytes, hasOrigin } = await assemble('x: mov eax, N\ndd x', {
    bits: 32,
    define: { N: 5 },
    origin: 0x2000,
  });
  expect([...bytes]).toEqual([0xb8, 5, 0, 0, 0, 0, 0x20, 0, 0]);
  expect(hasOrigin).toBe(false);
});

it('warns of what is suspicious and goes on', async () => {
  const { bytes, warnings } = await assemble('db 300\nalone\nnop');
  expect([...bytes]).toEqual([44, 0x90]);
  expect(warnings.map(({ line, severity }) => [line, severity])).toEqual([
    [1, 'warning'],
    [2, 'warning'],
  ]);
});
