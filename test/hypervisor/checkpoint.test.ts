/** A machine that went back, in any order, is what it would be if it had never been away: in every bit, in both tiers. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import { MemoryRangeError, UsageError } from '../../src/errors.js';
import { findShippedGuest, loadShippedGuest, readShippedGuest } from '../../src/guests.js';
import type { Checkpoint } from '../../src/hypervisor/checkpoint.js';
import { everyInstructions } from '../../src/hypervisor/nmi-schedule.js';
import type { StrategyName } from '../../src/hypervisor/nmi/strategies.js';
import type { Vm } from '../../src/hypervisor/vm.js';
import { Random } from '../silicon/random.js';
import { look } from './machine-look.js';

const SEED = 20261122;
const MEMORY_BYTES = 0x40_0000;
const LIMIT = 40_000;
const STEPS = 60;
const MOST_HELD = 5;
/** Of the two banks of the TLB, and of the fetch cache. */
const TRANSLATION_BYTES = 0x1_0000;

/** Overwrites its own code, all the time and now and then, on its own page and another; stores beside it; prints. */
const SELF_MODIFYING = `
bits 64
org 0x200000
        mov ebx, 1
again:  inc dword [patch + 1]
patch:  mov eax, 0
        add ebx, eax
        mov [near_data], ebx
        mov [0x300000 + 0x1000], rbx
        mov ecx, 20
.write: mov [0x310000 + rcx * 8], rcx
        dec ecx
        jnz .write
        call rarely
        inc ebp
        test ebp, 7
        jnz again
        inc byte [rarely + 1]
        test ebp, 0x3f
        jnz again
        mov byte [other], 0xc3
        call other
        mov al, '.'
        out 0xe9, al
        mov byte [other], 0x90
        call other
        jmp again
near_data: dq 0
rarely: add edx, 1
        mov [near_data + 4], edx
        ret
align 4096
other:  ret
        ret
`;

/**
 * Takes accessed and dirty bits away behind the TLB's back, and adds up when they come again: its result depends on every
 * translation that the TLB has forgotten. With CR3 reloaded from time to time.
 */
const PAGE_TABLES = `
bits 64
org 0x200000
        mov rax, cr3
        and rax, -0x1000
        mov rsi, [rax]
        and rsi, -0x1000
        mov rsi, [rsi]
        and rsi, -0x1000                 ; the page directory of the first GiB
        xor ebx, ebx
        xor edi, edi
again:  inc edi
        mov al, [0x100000]
        test edi, 3
        jnz .read
        mov [0x100008], edi
.read:  mov rax, [rsi]
        and eax, 0x60
        lea ebx, [rbx + rbx * 2]
        add ebx, eax
        test edi, 7
        jnz .keep
        and qword [rsi], -0x61
.keep:  test edi, 0x3f
        jnz again
        mov rax, cr3
        mov cr3, rax
        jmp again
`;

type Guest = () => Promise<Parameters<typeof createVm>[0]>;

const shipped = (name: string, nmi: StrategyName, every: number): Guest => {
  return async () => {
    const guest = await findShippedGuest(name);
    const loaded = loadShippedGuest(guest, await readShippedGuest(guest), MEMORY_BYTES);
    return { guest: loaded, nmi, nmiSchedule: everyInstructions(every) };
  };
};
const source = (assembly: string, every: number): Guest => {
  return async () => ({ guest: { assembly }, nmiSchedule: everyInstructions(every) });
};

// prettier-ignore
const GUESTS: readonly (readonly [string, Guest])[] = [
  ['nmi-storm under kvm-event-injection', shipped('nmi-storm', 'kvm-event-injection', 97)],
  ['nmi-storm under xen-vnmi',            shipped('nmi-storm', 'xen-vnmi', 31)],
  ['nmi-iret-fault under naive',          shipped('nmi-iret-fault', 'naive-event-injection', 211)],
  ['nmi-count-32 under kvm-vnmi',         shipped('nmi-count-32', 'kvm-vnmi', 500)],
  ['nmi-hlt under xen-event-injection',   shipped('nmi-hlt', 'xen-event-injection', 300)],
  ['code that changes itself',            source(SELF_MODIFYING, 1_000_000)],
  ['page tables that change',             source(PAGE_TABLES, 1_000_000)],
];

/** A moment, and what the machine was then. */
interface Moment {
  readonly checkpoint: Checkpoint;
  readonly state: ReturnType<typeof look>;
  readonly translations: string;
}

/** The TLB and the fetch cache: no state that a guest may rely on, but what it sees if it breaks the rules. */
function translations(vm: Vm): string {
  const { bytes, exports } = vm['processor'].core;
  const digest = createHash('sha256');
  for (const { value } of [exports.TLB_ADDRESS, exports.FETCH_CACHE_ADDRESS])
    digest.update(bytes.subarray(value as number, (value as number) + TRANSLATION_BYTES));
  return digest.digest('hex');
}

/** Wanders through a run with checkpoints: whenever it comes back to a moment, the machine is what it was then. */
class Walk {
  private readonly held: Moment[] = [];
  private readonly random = new Random(SEED);

  constructor(private readonly vm: Vm) {
    this.held.push(this.remember());
  }

  step(): void {
    const { vm, held, random } = this;
    const kind = random.below(6);
    if (kind < 2) vm.run({ maxInstructions: Math.min(1 + random.below(3000), LIMIT - vm.time) });
    else if (kind === 2 && held.length < MOST_HELD) held.push(this.remember());
    else if (held.length === 0) return;
    else if (kind === 3) this.goTo(random.pick(held));
    else if (kind === 4) this.strayFrom(random.pick(held));
    else if (held.length > 1) held.splice(1 + random.below(held.length - 1), 1)[0]!.checkpoint.release();
  }

  /** What comes of each moment that is still held. */
  *ends(): Generator<ReturnType<typeof look>> {
    for (const moment of this.held) {
      this.goTo(moment);
      this.vm.run({ maxInstructions: LIMIT - this.vm.time });
      yield look(this.vm);
    }
  }

  private remember(): Moment {
    const checkpoint = this.vm.checkpoint();
    return { checkpoint, state: look(this.vm), translations: translations(this.vm) };
  }

  private goTo({ checkpoint, state, translations: known }: Moment): void {
    this.vm.returnTo(checkpoint);
    expect(translations(this.vm)).toBe(known);
    expect(this.vm.time).toBe(checkpoint.time);
    expect(look(this.vm)).toEqual(state);
  }

  /** Does what nobody asked for, from a moment on, with a checkpoint on the way, and goes back. */
  private strayFrom(moment: Moment): void {
    const { vm, random } = this;
    vm.returnTo(moment.checkpoint);
    vm.requestNmi({ atInstruction: vm.time + random.below(50) });
    vm.memory.write(random.below(MEMORY_BYTES - 8), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    vm.run({ maxInstructions: 1 + random.below(500) });
    const side = this.remember();
    vm.registers.set('rbx', 0x1234n);
    vm.run({ maxInstructions: 1 + random.below(500) });
    if (random.chance(0.5)) {
      this.goTo(random.pick(this.held));
      this.goTo(side);
    }
    if (random.chance(0.5)) side.checkpoint.release();
    this.goTo(moment);
    side.checkpoint.release();
  }
}

describe.each(GUESTS)('%s', (_, guest) => {
  it.each([true, false])('compiled: %s', { timeout: 60_000 }, async (jit) => {
    const options = { ...(await guest()), memoryBytes: MEMORY_BYTES, jit };
    const vm = await createVm(options);
    const walk = new Walk(vm);
    for (let i = 0; i < STEPS; i++) walk.step();
    const straight = await createVm({ ...(await guest()), memoryBytes: MEMORY_BYTES, jit });
    straight.run({ maxInstructions: LIMIT });
    const end = look(straight);
    for (const other of walk.ends()) expect(other).toEqual(end);
  });
});

it('keeps what differs, and nothing once nobody can go anywhere', async () => {
  const vm = await createVm({ ...(await source(SELF_MODIFYING, 1_000_000)()), memoryBytes: MEMORY_BYTES });
  vm.run({ maxInstructions: 10_000 });
  const { checkpoints } = vm['processor'];
  const base = vm.checkpoint();
  let most = 0;
  for (let i = 0; i < 10_000; i++) {
    vm.run({ maxInstructions: 40 });
    const inner = vm.checkpoint();
    vm.run({ maxInstructions: 10 });
    vm.returnTo(inner);
    vm.returnTo(base);
    inner.release();
    most = Math.max(most, checkpoints.imageCount);
  }
  expect(most).toBeLessThan(20);
  base.release();
  expect(checkpoints.imageCount).toBe(0);
});

it('tells which pages of RAM differ, and what they were', async () => {
  const vm = await createVm({ ...(await source(SELF_MODIFYING, 1_000_000)()), memoryBytes: MEMORY_BYTES });
  const start = vm.checkpoint();
  // The loader's page tables are at the end; the processor sets bits in them.
  const changed = (since: Checkpoint) => vm.pagesChangedSince(since).filter((page) => page < 0x3f_0000);
  const code = vm.memory.read(0x20_0000, 64);
  vm.run({ maxInstructions: 5 });
  const middle = vm.checkpoint();
  expect(changed(start)).toEqual([0x20_0000]);
  vm.run({ maxInstructions: 60 });
  expect(changed(start)).toEqual([0x20_0000, 0x30_1000, 0x31_0000]);
  expect(changed(middle)).toEqual([0x30_1000, 0x31_0000]);
  expect(start.read(0x20_0000, 64)).toEqual(code);
  expect(middle.read(0x20_0000 - 4, 64)).not.toEqual(start.read(0x20_0000 - 4, 64));
  vm.memory.write(0x37_fffe, Uint8Array.of(0, 0));
  expect(changed(middle)).toEqual([0x30_1000, 0x31_0000]); // written, and not changed
  vm.returnTo(start);
  expect(changed(middle)).toEqual([0x20_0000]);
  expect(middle.read(0x20_0000, 64)).not.toEqual(code);
  vm.returnTo(middle);
  expect(changed(middle)).toEqual([]);
  expect(() => middle.read(MEMORY_BYTES - 1, 2)).toThrow(MemoryRangeError);
});

it('tells which bytes of RAM differ', async () => {
  const vm = await createVm({ ...(await source(SELF_MODIFYING, 1_000_000)()), memoryBytes: MEMORY_BYTES });
  const start = vm.checkpoint();
  vm.run({ maxInstructions: 500 });
  const expected = vm.pagesChangedSince(start).flatMap((page) => {
    const before = start.read(page, 4096);
    return [...vm.memory.read(page, 4096)].flatMap((byte, i) => (byte === before[i] ? [] : [page + i]));
  });
  const found = vm.bytesChangedSince(start);
  expect(
    found.flatMap(({ start: from, end }) => Array.from({ length: end - from }, (_, i) => from + i)),
  ).toEqual(expected);
  expect(expected.length).toBeGreaterThan(found.length); // neighbours are one range
  vm.returnTo(start);
  expect(vm.bytesChangedSince(start)).toEqual([]);
  // Bytes of words and of pages that are neighbours, and one that is not.
  for (const address of [0x37_0001, 0x37_0002, 0x37_0fff, 0x37_1000])
    vm.memory.write(address, Uint8Array.of(0x80));
  expect(vm.bytesChangedSince(start)).toEqual([
    { start: 0x37_0001, end: 0x37_0003 },
    { start: 0x37_0fff, end: 0x37_1001 },
  ]);
});

it('goes back before the end of a guest, and on from there', async () => {
  const guest = Uint8Array.of(0xb0, 7, 0xe6, 0xf4); // mov al, 7; out 0F4h, al
  const vm = await createVm({ guest, format: 'flat', bits: 64 });
  vm.run({ maxInstructions: 1 });
  const before = vm.checkpoint();
  const { stop } = vm.run();
  expect(stop).toEqual({ kind: 'exit', status: 7 });
  const after = vm.checkpoint();
  vm.returnTo(before);
  expect(vm.run({ maxInstructions: 0 }).stop.kind).toBe('budget');
  expect(vm.run().stop).toEqual(stop);
  vm.returnTo(before);
  vm.returnTo(after);
  expect(vm.run().stop).toEqual(stop);
});

it('refuses checkpoints of others, and those that are void', async () => {
  const guest = Uint8Array.of(0xeb, 0xfe); // jmp $
  const [vm, other] = await Promise.all([1, 2].map(() => createVm({ guest, format: 'flat', bits: 64 })));
  const checkpoint = vm!.checkpoint();
  const kept = vm!.checkpoint();
  expect(() => other!.returnTo(checkpoint)).toThrow(/another virtual machine/);
  checkpoint.release();
  checkpoint.release();
  expect(checkpoint.isHeld).toBe(false);
  expect(() => vm!.returnTo(checkpoint)).toThrow(UsageError);
  vm!.returnTo(kept);
  vm!.restore(vm!.snapshot());
  expect(kept.isHeld).toBe(false);
  expect(() => vm!.pagesChangedSince(kept)).toThrow(/released/);
  kept.release();
  vm!.run({ maxInstructions: 10 });
});

it('sees a store to a page whose translation a load has cached since', async () => {
  const assembly = `
bits 64
again:  inc rbx
        mov rax, cr3
        mov cr3, rax
        mov rcx, [0x180000]
        mov [0x180000], rbx
        jmp again
`;
  const vm = await createVm({ guest: { assembly }, memoryBytes: 0x20_0000 });
  vm.run({ maxInstructions: 600 });
  const before = vm.checkpoint();
  vm.run({ maxInstructions: 600 });
  vm.returnTo(before);
  expect(vm.memory.read(0x18_0000, 1)).toEqual(Uint8Array.of(100));
});
