/** Every scenario, in the order in which lists show them. */
import { UsageError } from '../../errors.js';
import { EXITINTINFO_FORGOTTEN } from './exitintinfo-forgotten.js';
import { IRET_UNMASKS_EARLY } from './iret-unmasks-early.js';
import type { Scenario } from './scenario.js';
import { STI_SHADOW_IGNORED } from './sti-shadow-ignored.js';
import { VNMI_IRET_INTERCEPT } from './vnmi-iret-intercept.js';
import { VNMI_WRONG_BIT } from './vnmi-wrong-bit.js';

export const SCENARIOS: readonly Scenario[] = [
  VNMI_WRONG_BIT,
  VNMI_IRET_INTERCEPT,
  EXITINTINFO_FORGOTTEN,
  IRET_UNMASKS_EARLY,
  STI_SHADOW_IGNORED,
];

/** Throws a `UsageError` that says which there are. */
export function findScenario(name: string): Scenario {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (scenario) return scenario;
  const names = SCENARIOS.map((candidate) => candidate.name).join(', ');
  throw new UsageError(`there is no scenario ${JSON.stringify(name)}; there are ${names}`);
}
