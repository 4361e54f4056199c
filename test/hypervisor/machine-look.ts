/** A whole machine, short enough to compare. */
import { createHash } from 'node:crypto';
import type { Vm } from '../../src/hypervisor/vm.js';

/** `deadline` is how far the last run was to go, and no state. */
export function look(vm: Vm) {
  const { processor, serial, ...rest } = vm.snapshot();
  const { core, ...outside } = processor;
  const { pages, fields, ...registers } = core;
  const digest = createHash('sha256');
  for (const { number, bytes } of pages) digest.update(String(number)).update(bytes);
  for (const bytes of Object.values(registers)) digest.update(bytes);
  const { deadline: _, ...kept } = fields;
  return { ...rest, ...outside, fields: kept, serial: String(serial), digest: digest.digest('hex') };
}
