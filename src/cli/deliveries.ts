/** `--delivery`: ways of delivering NMIs by name, those that vmexit models and the broken ones of scenarios. */
import { UsageError } from '../errors.js';
import {
  type CustomStrategy,
  DEFAULT_STRATEGY,
  isStrategyName,
  STRATEGY_NAMES,
  type StrategyName,
} from '../index.js';
import { brokenDelivery, SCENARIOS, type SweptDelivery } from '../lab/index.js';
import { type CommandName, type GivenOptions, text } from './options.js';
import { didYouMean } from './suggestion.js';

const SCENARIO_NAMES = SCENARIOS.map(({ name }) => name);

/** A comma-separated list, or all that vmexit models. Undefined where it was not given. */
export function deliveries(options: GivenOptions): readonly SweptDelivery[] | undefined {
  return names(options)?.map((name) => deliveryNamed(name));
}

/** As `deliveries`, for a command that has no use for broken ones. */
export function modelledDeliveries(options: GivenOptions): readonly StrategyName[] | undefined {
  return names(options)?.map((name) => {
    if (isStrategyName(name)) return name;
    throw unknown(name, STRATEGY_NAMES);
  });
}

/** The delivery of a command that runs one machine. */
export function oneDelivery(options: GivenOptions, command: CommandName): StrategyName | CustomStrategy {
  const [delivery = DEFAULT_STRATEGY, second] = deliveries(options) ?? [];
  if (second) throw new UsageError(`${command} takes one --delivery; "vmexit compare" takes several`);
  return delivery;
}

/** Throws a `UsageError` if there is none of that name. */
export function deliveryNamed(name: string): SweptDelivery {
  if (isStrategyName(name)) return name;
  const broken = scenarioStrategy(name);
  if (broken) return broken;
  throw unknown(name, [...STRATEGY_NAMES, ...SCENARIO_NAMES]);
}

export function nameOf(delivery: StrategyName | CustomStrategy): string {
  return typeof delivery === 'string' ? delivery : delivery.name;
}

/**
 * The strategy that a snapshot or a recording needs again: undefined where vmexit knows it by itself, or where nobody here
 * knows it.
 */
export function scenarioStrategy(name: string): ReturnType<typeof brokenDelivery> | undefined {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  return scenario === undefined ? undefined : brokenDelivery(scenario);
}

function names(options: GivenOptions): string[] | undefined {
  const value = text(options, 'delivery');
  if (value === undefined) return undefined;
  return [...new Set(value === 'all' ? STRATEGY_NAMES : value.split(',').map((name) => name.trim()))];
}

function unknown(name: string, known: readonly string[]): UsageError {
  const hint = didYouMean(name, known);
  return new UsageError(
    `--delivery: there is no strategy ${JSON.stringify(name)}${hint}; there are ${STRATEGY_NAMES.join(', ')}`,
  );
}
