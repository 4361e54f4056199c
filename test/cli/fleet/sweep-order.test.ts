/** A sweep's order: what a producer writes is what a worker reads, or it is refused. */
import { expect, it } from 'vitest';
import { deliveryNamed } from '../../../src/cli/deliveries.js';
import { hashOfOrder, readOrder, writeOrder } from '../../../src/cli/fleet/sweep-order.js';
import { planSweep, type SweepOptions } from '../../../src/lab/sweep/sweep-plan.js';
import { exit, MEMORY_BYTES, realModeGuest, spin, WARM_STACK } from '../../helpers/real-mode-guest.js';

const MAIN = [...WARM_STACK, ...spin(5), ...exit(0)];
const OPTIONS: SweepOptions = {
  name: 'small',
  guest: realModeGuest({ main: MAIN }),
  memoryBytes: MEMORY_BYTES,
  deliveries: ['kvm-vnmi'],
  from: 2,
  seed: 7,
  mayWrite: ['16-18'],
};
const plan = await planSweep(OPTIONS);
const text = writeOrder('vmexit 1', plan, OPTIONS);

/** What a worker of version 1 makes of a text. */
function read(changed: string, invariants?: SweepOptions['invariants']) {
  return readOrder(changed, hashOfOrder(changed), 'vmexit 1', invariants);
}

it('arrives as it was', async () => {
  const order = await read(text);
  expect(order.plan).toEqual(plan);
  expect(order.options.guest.entry).toEqual(OPTIONS.guest.entry);
  expect([...order.options.guest.symbols]).toEqual([...OPTIONS.guest.symbols]);
  const bytes = ({ guest }: SweepOptions) =>
    guest.pieces.map((piece) => Buffer.from(piece.bytes).toString('hex'));
  expect(bytes(order.options)).toEqual(bytes(OPTIONS));
  expect(order.options.seed).toBe(7);
});

it('names strategies that are code', async () => {
  const options = { ...OPTIONS, deliveries: ['kvm-vnmi' as const, deliveryNamed('vnmi-wrong-bit')] };
  const order = await read(writeOrder('vmexit 1', await planSweep(options), options));
  expect(order.plan.deliveries).toEqual(['kvm-vnmi', 'vnmi-wrong-bit']);
  expect(order.options.deliveries?.[1]).toMatchObject({
    name: 'vnmi-wrong-bit',
    create: expect.any(Function),
  });
});

it('has one hash for one sweep, and another for another', async () => {
  expect(hashOfOrder(writeOrder('vmexit 1', plan, { ...OPTIONS }))).toBe(hashOfOrder(text));
  const other = { ...OPTIONS, to: 20 };
  expect(hashOfOrder(writeOrder('vmexit 1', await planSweep(other), other))).not.toBe(hashOfOrder(text));
});

// prettier-ignore
it.each<[string, (order: any) => void]>([
  ['another guest',      (order) => (order.guest.pieces[0].base64 = Buffer.from('other').toString('base64'))],
  ['another entry',      (order) => order.guest.entry.rip++],
  ['another range',      (order) => (order.options.from = 3)],
  ['another delivery',   (order) => (order.options.deliveries = ['xen-vnmi'])],
  ['another contract',   (order) => (order.options.mayWrite = [])],
  ['another processor',  (order) => (order.options.seed = 8)],
])('refuses the plan of %s', async (_what, change) => {
  const order = JSON.parse(text);
  change(order);
  await expect(read(JSON.stringify(order))).rejects.toThrow(/plan of the sweep of small is not the one that was ordered/);
});

it('refuses what is of another version, is not what its name says, or needs code that is not here', async () => {
  await expect(readOrder(text, hashOfOrder(text), 'vmexit 2', undefined)).rejects.toThrow(
    'this worker is vmexit 2, and the sweep was begun by vmexit 1',
  );
  await expect(readOrder(`${text} `, hashOfOrder(text), 'vmexit 1', undefined)).rejects.toThrow(
    /not what its name says/,
  );
  await expect(read(text, { mine: () => null })).rejects.toThrow(/not the one that was ordered/);
});
