/** Accesses that are looked at together: which those are. That both tiers agree about them is in steady-loops.test.ts. */
import { expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.js';
import { StateAddresses } from '../../src/jit/core-layout.js';
import { Emitter } from '../../src/jit/emitter.js';
import { mergedChecks } from '../../src/jit/merged-checks.js';
import { Reach, type RegionReach } from '../../src/jit/reach.js';
import { discoverRegion } from '../../src/jit/region.js';
import { useOfRegion } from '../../src/jit/region-use.js';
import { CODE, Machine } from '../helpers/machine.js';

/** Of each access that is looked at with others, in order: "done", or where the first of them is from the one that is looked at. */
async function checksOf(
  bits: 32 | 64,
  body: string,
  hasMissedAgain = (): boolean => false,
): Promise<(string | number)[]> {
  const machine = await Machine.create(1 << 20, { jit: false });
  if (bits === 64) machine.long();
  else machine.flat32();
  const { bytes } = await assemble(`bits ${bits}\n${body}\nret`, { origin: CODE });
  machine.load(bytes).run(1);
  const { core, state } = machine;
  const region = discoverRegion(core, core.exports.findDecoded(CODE, state.get('mode')), new Set())!;
  const reach: RegionReach = {
    usual: Reach.Runs,
    runOf: (_uop, _access, usual) => usual,
    hasMissedAgain,
    wasUnusual: () => false,
  };
  const emitter = new Emitter(new StateAddresses(core), region, useOfRegion(region), reach);
  const checks = mergedChecks(emitter, region.blocks[0]!);
  return [...checks.values()].map(({ isDone, offset, isSpan }) =>
    isDone ? 'done' : isSpan ? offset : 'same',
  );
}

it.each([
  [64, 'push rbp\npush rbx\nsub rsp, 24\nmov [rsp+8], rax', [-32, 'done', 'done', 'done']],
  [64, 'mov eax, [rsi+8]\nadd rsi, 4\nmov ebx, [rsi-4]', [-8, 'done']],
  [64, 'add [rdi+rcx*4], eax', ['same', 'done']],
  [64, 'mov eax, [rdi]\nmov [rdi+256], eax', [0, 'done']],
  [32, 'mov eax, [esi]\nmov edi, esi\nmov ebx, [edi+4]', [0, 'done']],
] as const)('%i bits, together: %s', async (bits, body, checks) => {
  const all = await checksOf(bits, body);
  expect(all.slice(0, checks.length)).toEqual(checks);
});

it.each([
  [64, 'what is far apart', 'mov eax, [rsi]\nmov ebx, [rsi+257]'],
  [64, 'other registers', 'mov eax, [rsi]\nmov ebx, [rdi]'],
  [64, 'a register that was loaded', 'mov rsi, [rsi]\nmov ebx, [rsi+4]'],
  [32, 'what a call of the core lies between', 'mov eax, [esi]\nmovsb\nmov ebx, [edx]\nmov ecx, [esi]'],
  [32, 'what the interpreter lies between', 'mov eax, [ebp]\nbsf ebx, eax\nmov ecx, [ebp+4]'],
] as const)('%i bits, not: %s', async (bits, _, body) => {
  expect(await checksOf(bits, body)).toEqual([]);
});

it('does not look at one that has missed together with others', async () => {
  expect(await checksOf(64, 'push rbp\npush rbx', () => true)).toEqual([]);
});
