/** Every way of delivering NMIs that vmexit models, by name, what it is in one line, and how to make one; or a caller's own. */
import { UsageError } from '../../errors.js';
import type { DeliveryHost, NmiDelivery } from './delivery.js';
import { KvmEventInjection } from './kvm-event-injection.js';
import { KvmVnmi } from './kvm-vnmi.js';
import { NaiveEventInjection } from './naive-event-injection.js';
import { XenEventInjection } from './xen-event-injection.js';
import { XenVnmi } from './xen-vnmi.js';

interface Strategy {
  readonly description: string;
  readonly create: (host: DeliveryHost) => NmiDelivery;
}

/** A way of delivering NMIs that is not among `STRATEGIES`: a caller's own. */
export interface CustomStrategy {
  /** For results and snapshots; none of the names in `STRATEGIES`. */
  readonly name: string;
  /** Makes the strategy's half of one virtual machine. */
  readonly create: (host: DeliveryHost) => NmiDelivery;
}

export const STRATEGIES = {
  'naive-event-injection': {
    description: 'EVENTINJ without any tracking: handlers nest, interrupted deliveries are lost',
    create: (host) => new NaiveEventInjection(host),
  },
  'xen-event-injection': {
    description: 'Xen without Virtual NMI: EVENTINJ, IRET intercept as the mask, VINTR window',
    create: (host) => new XenEventInjection(host),
  },
  'kvm-event-injection': {
    description: 'KVM without Virtual NMI: EVENTINJ, IRET intercept, single step over IRET',
    create: (host) => new KvmEventInjection(host),
  },
  'xen-vnmi': {
    description: 'Xen with Virtual NMI: V_NMI, VINTR window behind an interrupt shadow',
    create: (host) => new XenVnmi(host),
  },
  'kvm-vnmi': {
    description: 'KVM with Virtual NMI: V_NMI, and EVENTINJ for the second of two at once',
    create: (host) => new KvmVnmi(host),
  },
} as const satisfies Record<string, Strategy>;

export type StrategyName = keyof typeof STRATEGIES;

/** In the order in which tables show them. */
export const STRATEGY_NAMES = Object.keys(STRATEGIES) as readonly StrategyName[];

export function isStrategyName(name: string): name is StrategyName {
  return Object.hasOwn(STRATEGIES, name);
}

/** What a caller chose, checked: throws a `UsageError` that says what there is. */
export function requireStrategy(choice: StrategyName | CustomStrategy): CustomStrategy {
  if (typeof choice === 'string' && isStrategyName(choice))
    return { name: choice, create: STRATEGIES[choice].create };
  if (isCustom(choice)) return choice;
  const given = typeof choice === 'string' ? JSON.stringify(choice) : 'that was given';
  throw new UsageError(
    `unknown delivery strategy ${given}: there are ${STRATEGY_NAMES.join(', ')}, or an object with a name of its own and create(host)`,
  );
}

function isCustom(choice: unknown): choice is CustomStrategy {
  if (typeof choice !== 'object' || choice === null) return false;
  const { name, create } = choice as Partial<CustomStrategy>;
  return typeof name === 'string' && name !== '' && !isStrategyName(name) && typeof create === 'function';
}
