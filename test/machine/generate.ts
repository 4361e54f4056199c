/** Scenarios from a seed: a family at random, then a scenario of it. */
import { Random } from '../silicon/random.js';
import { alignment } from './families/alignment.js';
import { debug } from './families/debug.js';
import { interrupt } from './families/interrupts.js';
import { canonical, longInterrupt, longReturn, longTransfer, systemCall } from './families/long-mode.js';
import { ioPermission, oddOpcode, privileged } from './families/opcodes.js';
import { ownPages, paging } from './families/paging.js';
import { realMode } from './families/real-mode.js';
import { segmentAccess, segmentLoad, stackAccess } from './families/segments.js';
import { taskSwitch } from './families/tasks.js';
import { farReturn, farTransfer } from './families/transfers.js';
import { virtual8086, virtualInterrupts } from './families/virtual8086.js';
import type { Scenario } from './scenario.js';

export type Family = (random: Random) => Scenario;

export const FAMILIES: readonly Family[] = [
  interrupt,
  segmentAccess,
  segmentLoad,
  stackAccess,
  farTransfer,
  farReturn,
  taskSwitch,
  virtual8086,
  virtualInterrupts,
  paging,
  ownPages,
  debug,
  oddOpcode,
  privileged,
  ioPermission,
  longInterrupt,
  longTransfer,
  longReturn,
  systemCall,
  canonical,
  realMode,
  alignment,
];

/** The same seed gives the same scenarios. */
export function generate(seed: number, count: number, group = ''): Scenario[] {
  const random = new Random(seed);
  const families = FAMILIES.filter((family) => family.name.startsWith(group));
  const scenarios = Array.from({ length: count }, () => random.pick(families)(random));
  return scenarios.sort((a, b) => a.kind - b.kind); // the kernel lays out its memory anew for each kind
}
