/** The sweep on small guests: what it finds, what it does not, and how its parts fit together. */
import { describe, expect, it } from 'vitest';
import { createVm, injectNmi, NmiDelivery, type SavedDelivery } from '../../../src/index.js';
import { STRATEGY_NAMES } from '../../../src/hypervisor/nmi/strategies.js';
import { mergeSweeps } from '../../../src/lab/sweep/merge.js';
import { sweep, type RunSweepOptions } from '../../../src/lab/sweep/sweep.js';
import type { SweepResult, SweepViolation } from '../../../src/lab/sweep/sweep-result.js';
import {
  COUNT_NMI,
  exit,
  hypercall,
  IRET,
  MEMORY_BYTES,
  NMI_COUNT,
  nops,
  realModeGuest,
  type RealModeGuest,
  spin,
  STI,
  WARM_STACK,
} from '../../helpers/real-mode-guest.js';

const COUNTER = [`${NMI_COUNT}-${NMI_COUNT + 2}`];
const MAIN = [...WARM_STACK, ...spin(5), ...STI, ...nops(2), ...exit(0)];
/** push ax; pop ax: the handler's stack reaches below its frame. */
const PUSH_POP = [0x50, 0x58];

function sweepOf(guest: RealModeGuest, options: Partial<RunSweepOptions> = {}): Promise<SweepResult> {
  return sweep({
    name: 'small',
    guest: realModeGuest(guest),
    memoryBytes: MEMORY_BYTES,
    from: 2,
    mayWrite: COUNTER,
    ...options,
  });
}

function violationsOf({ baselines, units }: SweepResult): SweepViolation[] {
  return [...baselines, ...units].flatMap(({ violations }) => violations);
}

function brokenBy(result: SweepResult): string[] {
  return [...new Set(violationsOf(result).map(({ delivery, invariant }) => `${delivery} ${invariant}`))];
}

describe('a guest whose handler counts and returns', () => {
  const guest = { main: MAIN, nmi: [...COUNT_NMI, ...PUSH_POP, ...IRET] };

  it('breaks nothing under any delivery, at any boundary', async () => {
    const result = await sweepOf(guest);
    expect(violationsOf(result)).toEqual([]);
    for (const { delivery, time } of result.baselines) {
      const units = result.units.filter((unit) => unit.delivery === delivery);
      // From the second instruction up to the one that ends the guest.
      expect(units.reduce((sum, { boundaries }) => sum + boundaries, 0)).toBe(time - 2);
    }
  });

  it('breaks nothing with two NMIs under a delivery that tracks them', async () => {
    const tracked = STRATEGY_NAMES.filter((name) => name !== 'naive-event-injection');
    const result = await sweepOf(guest, { pairs: true, deliveries: tracked });
    expect(violationsOf(result)).toEqual([]);
    const [unit] = result.units;
    expect(unit?.probes).toBeGreaterThan(4 * (unit?.boundaries ?? Infinity));
  });

  it('has nested handlers with two NMIs under a delivery that tracks nothing', async () => {
    const result = await sweepOf(guest, { pairs: true, deliveries: ['naive-event-injection'] });
    const [violation] = violationsOf(result).filter(({ invariant }) => invariant === 'no-nesting');
    expect(violation).toMatchObject({ blame: 'hypervisor', at: 2 });
    const { at, second } = violation ?? {};
    const vm = await createVm({
      guest: realModeGuest(guest),
      memoryBytes: MEMORY_BYTES,
      nmi: 'naive-event-injection',
      nmiSchedule: [at ?? 0, second ?? 0],
    });
    expect(vm.run().nmi.maxNesting).toBe(2);
  });

  it('writes memory that the contract must name', async () => {
    const result = await sweepOf(guest, { mayWrite: [], deliveries: ['kvm-vnmi'] });
    expect(brokenBy(result)).toEqual(['kvm-vnmi transparency']);
    const [violation] = violationsOf(result);
    expect(violation?.message).toContain('1 bytes of memory differ at the end');
    expect(violation?.reproduce).toBe('vmexit run small --delivery kvm-vnmi --nmi-at 2 --trace');
  });
});

it('finds an NMI that nobody injects again, and goes on from there', async () => {
  // No instruction before has touched the stack: the first delivery meets a nested page fault.
  const main = [...spin(3), ...exit(0)];
  const result = await sweepOf({ main }, { from: 1, deliveries: ['naive-event-injection'], pairs: true });
  expect(brokenBy(result)).toContain('naive-event-injection none-lost');
  const careful = await sweepOf({ main }, { from: 1, deliveries: ['xen-event-injection'] });
  expect(violationsOf(careful)).toEqual([]);
});

it('finds a register that the handler does not save, where that matters', async () => {
  // inc cx, once more than the loop counts on.
  const guest = { main: [...WARM_STACK, ...spin(5), ...exit(0)], nmi: [0x41, ...IRET] };
  const harmless = await sweepOf(guest, { deliveries: ['xen-vnmi'] });
  expect(brokenBy(harmless)).toEqual([]);
  // mov ax, cx; out 0F4h, al: the loop ends at 0, the count comes out elsewhere.
  const main = [...WARM_STACK, 0xb9, 5, 0, ...nops(3), 0x89, 0xc8, 0xe6, 0xf4];
  const harmful = await sweepOf({ ...guest, main }, { deliveries: ['xen-vnmi'] });
  expect(violationsOf(harmful)[0]?.message).toContain('status 6, not: the guest exited with status 5');
});

it('takes no harm for granted where the same difference did none', async () => {
  // inc cx is harmless, then counts, then is harmless again: mov cx, 5; nops; mov ax, cx; nops; out 0F4h, al.
  const main = [...WARM_STACK, ...nops(4), 0xb9, 5, 0, ...nops(6), 0x89, 0xc8, ...nops(3), 0xe6, 0xf4];
  const result = await sweepOf({ main, nmi: [0x41, ...IRET] }, { deliveries: ['xen-vnmi'] });
  expect(violationsOf(result).map(({ at }) => at)).toEqual([7, 8, 9, 10, 11, 12, 13]);
});

it('finds a handler that unmasks NMIs itself, and says where', async () => {
  // pushf; push cs; push offset; iret: an IRET inside of the handler, and an NMI that waits for it.
  const unmask = [0x9c, 0x0e, 0xe8, 0x00, 0x00, 0x58, 0x83, 0xc0, 0x06, 0x50, 0xcf, 0x90];
  const nmi = [...hypercall(2, 0), ...unmask, ...IRET];
  const main = [...WARM_STACK, ...spin(5), ...exit(0)];
  const result = await sweepOf({ main, nmi }, { deliveries: ['kvm-vnmi'], to: 4, handlerLimit: 2000 });
  const found = violationsOf(result).find(({ invariant }) => invariant === 'no-nesting');
  expect(found).toMatchObject({ blame: 'guest' });
  expect(found?.disassembly.find((line) => line.startsWith('>'))).toContain('iret');
});

/** Injects at once, whatever the shadow or the mask say. */
class Hasty extends NmiDelivery {
  private waiting = 0;
  override request(): void {
    this.waiting++;
  }
  override prepareEntry(): void {
    if (this.waiting === 0) return;
    this.waiting--;
    injectNmi(this.vmcb);
  }
  override redeliver(): void {
    this.host.lose('forgotten');
  }
  override held(): number {
    return this.waiting;
  }
  override isDue(): boolean {
    return this.waiting > 0;
  }
  override save(): SavedDelivery {
    return { waiting: this.waiting };
  }
  override restore({ waiting }: SavedDelivery): void {
    this.waiting = Number(waiting);
  }
}

it('takes a delivery and an invariant of the caller', async () => {
  const seen = new Set<string>();
  const result = await sweepOf(
    { main: MAIN },
    {
      deliveries: [{ name: 'hasty', create: (host) => new Hasty(host) }],
      invariants: {
        mine: ({ delivery, at }) => {
          seen.add(delivery);
          return at === 3 ? { message: 'boundary three' } : null;
        },
      },
    },
  );
  expect([...seen]).toEqual(['hasty']);
  expect(violationsOf(result).map(({ message }) => message)).toEqual(['boundary three']);
});

describe('parts of a sweep', () => {
  const options = { deliveries: ['xen-vnmi', 'kvm-vnmi'] } as const;
  const guest = { main: [...WARM_STACK, ...spin(400), ...exit(0)] };

  it('make the whole, in any order and any number of times', async () => {
    const [whole, first, second] = await Promise.all([
      sweepOf(guest, options),
      sweepOf(guest, { ...options, shard: { index: 1, count: 2 } }),
      sweepOf(guest, { ...options, shard: { index: 2, count: 2 } }),
    ]);
    expect(first.units.length).toBeGreaterThan(1);
    expect(mergeSweeps([second, first, second])).toEqual(whole);
    expect(mergeSweeps([first])).toEqual(first);
  });

  it('are those of one guest, range and version', async () => {
    const range = { ...options, to: 20 };
    const small = await sweepOf(guest, range);
    const other = await sweepOf({ main: [...guest.main, 0x90] }, range);
    const longer = await sweepOf(guest, { ...range, to: 21 });
    expect(() => mergeSweeps([small, other])).toThrow(/guestHash/);
    expect(() => mergeSweeps([small, longer])).toThrow(/to is 20 in the one and 21/);
    expect(() => mergeSweeps([small, { ...small, producer: 'vmexit 9' }])).toThrow(/two versions/);
    expect(() => mergeSweeps([])).toThrow(/nothing to merge/);
  });

  it('go on where they were interrupted', async () => {
    const abort = new AbortController();
    const part = await sweepOf(guest, {
      ...options,
      signal: abort.signal,
      onProgress: ({ done }) => done === 2 && abort.abort(),
    });
    expect(part.units).toHaveLength(2);
    const seen: number[] = [];
    const rest = await sweepOf(guest, {
      ...options,
      known: part,
      onProgress: ({ total }) => seen.push(total),
    });
    const whole = await sweepOf(guest, options);
    expect(rest).toEqual(whole);
    expect(seen[0]).toBe(whole.units.length - 2);
  });
});

it('finds the same in a unit, whatever units were run before it', async () => {
  // Every boundary differs in the same way: after a few runs to the end that is taken for granted.
  const guest = {
    main: [...WARM_STACK, ...spin(300), ...exit(0)],
    nmi: [...COUNT_NMI, ...PUSH_POP, ...IRET],
  };
  const options = { deliveries: ['xen-vnmi'], mayWrite: [], violationLimit: 300 } as const;
  const whole = await sweepOf(guest, options);
  expect(whole.units.length).toBeGreaterThan(2);
  expect(violationsOf(whole).at(-1)?.message).toContain('as at an earlier boundary');
  const alone = await sweepOf(guest, { ...options, shard: { index: 3, count: 3 } });
  expect(alone.units).toEqual(whole.units.filter((_, i) => i % 3 === 2));
});

// prettier-ignore
it.each<[string, Partial<RunSweepOptions>, RegExp]>([
  ['an empty range',        { from: 5, to: 5 },                          /end, 5, is not after its beginning, 5/],
  ['a broken bound',        { latencyBound: -1 },                        /latencyBound is a whole number from 0, not -1/],
  ['an unknown symbol',     { mayWrite: ['nobody:4'] },                  /"nobody:4", which is no symbol/],
  ['a range backwards',     { mayWrite: ['20-10'] },                     /ends before it begins/],
  ['no code of that name',  { symbol: 'nobody' },                        /no symbol "nobody"/],
  ['a shard of none',       { shard: { index: 3, count: 2 } },           /1\/n to n\/n, not 3\/2/],
  ['a delivery twice',      { deliveries: ['xen-vnmi', 'xen-vnmi'] },    /comes twice/],
  ['no delivery',           { deliveries: [] },                          /needs a delivery/],
  ['a guest that does not end', { maxInstructions: 3 },                  /did not end within 3 instructions/],
  ['no function',           { invariants: { mine: 1 as never } },        /mine is no function/],
])('refuses %s', async (_what, options, message) => {
  await expect(sweepOf({ main: MAIN }, { deliveries: ['kvm-vnmi'], ...options })).rejects.toThrow(message);
});
