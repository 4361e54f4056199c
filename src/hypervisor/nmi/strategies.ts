/** Every way of delivering NMIs that vmexit models: its name, what it is in one line, and how to make one. */
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

/** Makes the strategy's half of a virtual machine. */
export function createDelivery(name: StrategyName, host: DeliveryHost): NmiDelivery {
  if (!isStrategyName(name))
    throw new UsageError(
      `unknown delivery strategy ${JSON.stringify(name)}; there are ${STRATEGY_NAMES.join(', ')}`,
    );
  return STRATEGIES[name].create(host);
}
