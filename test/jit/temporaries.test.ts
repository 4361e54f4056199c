/** What is known of temporaries: where they need no mask, and where they are not merged into. */
import { expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.js';
import { Reg } from '../../assembly/abi/register.js';
import { Width } from '../../assembly/abi/width.js';
import { StateAddresses } from '../../src/jit/core-layout.js';
import { Emitter } from '../../src/jit/emitter.js';
import { Reach } from '../../src/jit/reach.js';
import { discoverRegion } from '../../src/jit/region.js';
import { useOfRegion } from '../../src/jit/region-use.js';
import { Temporaries } from '../../src/jit/temporaries.js';
import { CODE, Machine } from '../helpers/machine.js';

async function emitter(): Promise<Emitter> {
  const machine = await Machine.create(1 << 20, { jit: false });
  const { bytes } = await assemble('bits 64\nret', { origin: CODE });
  machine.long().load(bytes).run(1);
  const { core, state } = machine;
  const region = discoverRegion(core, core.exports.findDecoded(CODE, state.get('mode')), new Set())!;
  const reach = {
    usual: Reach.Runs,
    runOf: (): undefined => undefined,
    hasMissedAgain: (): boolean => false,
    wasUnusual: (): boolean => false,
  };
  return new Emitter(new StateAddresses(core), region, useOfRegion(region), reach);
}

/** How many bytes of code `emit` makes. */
function sizeOf({ code }: Emitter, emit: () => void): number {
  const before = code.bytes.length;
  emit();
  return code.bytes.length - before;
}

it('knows what is above a width until the register is written, or the instruction ends', () => {
  const temporaries = new Temporaries();
  expect(temporaries.isWithin(Reg.T0, Width.Word)).toBe(false);
  temporaries.note(Reg.T0, Width.Byte);
  expect([Width.Byte, Width.Word].map((width) => temporaries.isWithin(Reg.T0, width))).toEqual([true, true]);
  expect(temporaries.isWithin(Reg.T0 + 1, Width.Byte)).toBe(false);
  temporaries.forget(1 << (Reg.T1 >> 3));
  expect(temporaries.isWithin(Reg.T0, Width.Byte)).toBe(true);
  temporaries.forget(1 << (Reg.T0 >> 3));
  expect(temporaries.isWithin(Reg.T0, Width.Byte)).toBe(false);
  temporaries.note(Reg.T1, Width.Word);
  expect(temporaries.isWithin(Reg.T1, Width.Byte)).toBe(false);
  temporaries.begin();
  expect(temporaries.isWithin(Reg.T1, Width.Word)).toBe(false);
});

it('merges bytes into registers of the guest, not into temporaries', async () => {
  const one = await emitter();
  const [whole, merged] = [Reg.T0, Reg.Rax].map((register) =>
    sizeOf(one, () => one.assign(register, Width.Byte)),
  );
  expect(whole).toBeLessThan(merged!);
  expect(sizeOf(one, () => one.assignZeroExtended(Reg.Rax, Width.Byte))).toBe(merged);
});

it('masks temporaries only where something may be above', async () => {
  const one = await emitter();
  const masked = sizeOf(one, () => one.narrow(Reg.T0, Width.Byte));
  one.assignZeroExtended(Reg.T0, Width.Byte);
  expect(sizeOf(one, () => one.narrow(Reg.T0, Width.Byte))).toBeLessThan(masked);
  one.assignZeroExtended(Reg.T0, Width.Word);
  expect(sizeOf(one, () => one.narrow(Reg.T0, Width.Byte))).toBe(masked);
});
