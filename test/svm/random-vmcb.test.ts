/** Attack: whatever bytes are in a VMCB, VMRUN answers with an exit, and its checks tell which one. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { VmcbOffset } from '../../assembly/abi/vmcb-layout.js';
import { Vmcb } from '../../src/svm/vmcb.js';
import { BareGuest, VMCB_ADDRESS } from '../helpers/bare-guest.js';

const KINDS_OF_STOPS = ['paused', 'halted', 'unimplemented', 'shutdown-unintercepted'];

/** Bytes of a VMCB with a few of them replaced: near enough to a valid one to get in now and then. */
const changes = fc.array(
  fc.tuple(fc.oneof(fc.nat(0x13f), fc.integer({ min: 0x400, max: 0x66f })), fc.nat(255)),
  { maxLength: 24 },
);

it('refuses exactly what its rules name, and survives the rest', async () => {
  const guest = await BareGuest.create();
  let entered = 0;
  fc.assert(
    fc.property(changes, fc.boolean(), (bytes, isLong) => {
      guest[isLong ? 'long' : 'real']([0x90, 0xf4]);
      for (const [offset, value] of bytes) guest.processor.memory[VMCB_ADDRESS + offset] = value;
      const violations = guest.processor.findViolations(guest.vmcb);
      const result = guest.processor.vmrun(guest.vmcb, { maxInstructions: 200 });
      expect(result.kind === 'invalid').toBe(violations.length > 0);
      if (violations.length === 0) entered++;
      if (guest.processor.isGuestEntered) guest.processor.leave();
      if (!KINDS_OF_STOPS.includes(result.kind)) expect('code' in result).toBe(true);
      expect(guest.processor.gif).toBe(false);
      expect(guest.vmcb.get('eventInjection')).toBe(0n);
    }),
    { numRuns: 2000, seed: 15 },
  );
  expect(entered).toBeGreaterThan(100);
});

it('entirely random pages are refused or run', async () => {
  const guest = await BareGuest.create();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4096, maxLength: 4096 }), (bytes) => {
      guest.real([0xf4]);
      guest.processor.write(VMCB_ADDRESS, bytes);
      const vmcb = new Vmcb(new DataView(bytes.buffer, bytes.byteOffset, 4096), 0);
      const isSvm = (vmcb.word(VmcbOffset.Efer) & 0x1000) !== 0;
      const result = guest.processor.vmrun(guest.vmcb, { maxInstructions: 100 });
      if (!isSvm) expect(result.kind).toBe('invalid');
      if (guest.processor.isGuestEntered) guest.processor.leave();
    }),
    { numRuns: 300, seed: 16 },
  );
});
