/** Traps: where they stop a run, and that a run with stops comes to the same end as one without. */
import { describe, expect, it } from 'vitest';
import { loadAssembly } from '../../src/assembly-guest.js';
import { createVm, DEFAULT_MEMORY_BYTES } from '../../src/create-vm.js';
import { UsageError } from '../../src/errors.js';
import { listShippedGuests, loadShippedGuest, readShippedGuest } from '../../src/guests.js';
import { STRATEGY_NAMES } from '../../src/hypervisor/nmi/strategies.js';
import { startSchedule } from '../../src/hypervisor/schedule-spec.js';
import type { Trap, Traps } from '../../src/hypervisor/traps.js';
import type { Vm } from '../../src/hypervisor/vm.js';
import { look } from './machine-look.js';

const LIMIT = 6000;
const MEMORY_BYTES = 0x20_0000;
/** After the shipped guests have set their handlers up. */
const SCHEDULE = startSchedule({ kind: 'every', period: 97, from: 970 });

async function shipped(name: string) {
  const found = (await listShippedGuests()).find((guest) => guest.name === name)!;
  return loadShippedGuest(found, await readShippedGuest(found), DEFAULT_MEMORY_BYTES);
}

/** Runs to `LIMIT` and gathers what stopped it on the way. */
function gather(vm: Vm, traps: Traps, most = Infinity): Trap[] {
  const seen: Trap[] = [];
  while (seen.length < most) {
    const stop = vm.advance({ maxInstructions: LIMIT - vm.time, traps });
    if (stop.kind !== 'trap') break;
    seen.push(stop.trap);
  }
  return seen;
}

describe.each(['nmi-storm', 'nmi-iret-fault', 'nmi-hlt'])('%s', (name) => {
  it.each(STRATEGY_NAMES)('%s: a run with stops ends as one without', { timeout: 60_000 }, async (nmi) => {
    const guest = await shipped(name);
    const options = () => ({ guest, nmi, nmiSchedule: SCHEDULE });
    const straight = await createVm(options());
    straight.run({ maxInstructions: LIMIT });
    const end = look(straight);
    const rips = new Set<bigint>();
    const scout = await createVm(options());
    for (let i = 0; i < 20; i++) {
      scout.run({ maxInstructions: 41 });
      rips.add(scout.virtual.codeAddress(scout.registers.get('rip')));
    }
    const rsp = scout.registers.get('rsp');
    const watchpoints = [{ address: rsp - 8n, bytes: 8, access: 'access' }] as const;
    let stops = 0;
    for (const traps of [
      { breakpoints: [...rips], watchpoints },
      { breakpoints: [...rips].slice(0, 3), exits: true, deliveries: true },
    ]) {
      const vm = await createVm(options());
      stops += gather(vm, traps).length;
      expect(look(vm)).toEqual(end);
    }
    expect(stops).toBeGreaterThan(0);
  });
});

const PROGRAM = `
bits 64
start:
    mov ecx, 100
again:
    inc qword [rel counter]         ; reads and writes
    mov rax, [rel counter]
target:
    dec ecx
    jnz again
    cpuid
after:
    mov al, 0
    out 0xf4, al
align 8
counter: dq 0
beside:  dq 0
`;

async function program(source = PROGRAM): Promise<{ vm: Vm; at: (name: string) => bigint }> {
  const guest = await loadAssembly({ assembly: source }, { memoryBytes: MEMORY_BYTES });
  const vm = await createVm({ guest, memoryBytes: MEMORY_BYTES });
  return { vm, at: (name) => guest.symbols.addressOf(name)! };
}

it('stops before the instruction of a breakpoint, every time', async () => {
  const { vm, at } = await program();
  const target = at('target');
  for (let i = 1n; i <= 100n; i++) {
    const { stop } = vm.run({ traps: { breakpoints: [target] } });
    expect(stop).toEqual({ kind: 'trap', trap: { kind: 'breakpoint', address: target } });
    expect(vm.registers.get('rip')).toBe(target);
    expect(vm.registers.get('rax')).toBe(i);
  }
  expect(vm.run({ traps: { breakpoints: [target] } }).stop).toEqual({ kind: 'exit', status: 0 });
});

it('stops at the instruction after one that the hypervisor emulated, and at that one', async () => {
  const { vm, at } = await program();
  const traps = { breakpoints: [at('after'), at('after') - 2n] };
  expect(vm.run({ traps }).stop).toMatchObject({ trap: { address: at('after') - 2n } });
  expect(vm.run({ traps }).stop).toMatchObject({ trap: { address: at('after') } });
});

it.each([
  ['write', true],
  ['read', false],
  ['access', false],
] as const)('stops after an access: %s', async (access, isWrite) => {
  const { vm, at } = await program();
  const watchpoint = { address: at('counter') + 3n, bytes: 1, access };
  const { stop } = vm.run({ traps: { watchpoints: [watchpoint] } });
  expect(stop).toEqual({
    kind: 'trap',
    trap: { kind: 'watchpoint', watchpoint, address: at('counter'), isWrite },
  });
  expect(vm.time).toBe(2);
});

it('watches nothing beside the bytes it was asked to', async () => {
  const { vm, at } = await program();
  const watchpoints = [{ address: at('beside'), bytes: 8, access: 'access' }] as const;
  expect(vm.run({ traps: { watchpoints } }).stop).toEqual({ kind: 'exit', status: 0 });
});

it('sees the memory of an emulated INS', async () => {
  const { vm, at } = await program(`
bits 64
    lea rdi, [rel buffer]
    mov dx, 0x60
    mov ecx, 4
    rep insb
    hlt
buffer: times 8 db 0
`);
  const watchpoint = { address: at('buffer') + 2n, bytes: 1, access: 'write' } as const;
  const { stop } = vm.run({ traps: { watchpoints: [watchpoint] } });
  expect(stop).toMatchObject({ kind: 'trap', trap: { kind: 'watchpoint', isWrite: true } });
});

it("leaves the guest's debug registers alone", async () => {
  const { vm, at } = await program();
  const before = ['dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7'].map((name) => vm.registers.get(name));
  vm.run({ traps: { breakpoints: [at('target')] } });
  expect(['dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7'].map((name) => vm.registers.get(name))).toEqual(before);
});

it('stops after every exit, the VMCB showing it', async () => {
  const { vm } = await program();
  const { stop } = vm.run({ traps: { exits: true } });
  expect(stop).toMatchObject({ kind: 'trap', trap: { kind: 'exit', cause: 'workload' } });
  expect(vm.isInside).toBe(false);
  expect(vm.vmcb.get('exitCode')).toBe(0x400n);
  expect(gather(vm, { exits: true }).map((trap) => trap.kind === 'exit' && trap.exit)).toContain('cpuid');
});

it('stops where code that writes itself has put an instruction', async () => {
  const { vm, at } = await program(`
bits 64
    mov ecx, 3
again:
    inc byte [rel patched + 1]
patched:
    mov al, 0
    dec ecx
    jnz again
    hlt
`);
  const traps = { breakpoints: [at('patched')] };
  for (let i = 1n; i <= 3n; i++) {
    expect(vm.run({ traps }).stop.kind).toBe('trap');
    vm.run({ maxInstructions: 1 });
    expect(vm.registers.get('al')).toBe(i);
  }
});

it('says what is no trap', async () => {
  const { vm } = await program();
  const watchpoint = { address: 0n, bytes: 8, access: 'write' } as const;
  expect(() => vm.run({ traps: { breakpoints: new Array<bigint>(1025).fill(0n) } })).toThrow(UsageError);
  expect(() => vm.run({ traps: { watchpoints: new Array(65).fill(watchpoint) } })).toThrow(UsageError);
  expect(() => vm.run({ traps: { watchpoints: [{ ...watchpoint, bytes: 0 }] } })).toThrow(/1 to 4294967295/);
  const access = 'execute' as 'read';
  expect(() => vm.run({ traps: { watchpoints: [{ ...watchpoint, access }] } })).toThrow(
    /read, write or access/,
  );
});

describe('settling', () => {
  it.each(STRATEGY_NAMES)('%s: delivers what is due, takes no time and changes no end', async (nmi) => {
    const guest = await shipped('nmi-storm');
    const options = () => ({ guest, nmi, nmiSchedule: SCHEDULE });
    const straight = await createVm(options());
    straight.run({ maxInstructions: LIMIT });
    const vm = await createVm(options());
    let delivered = 0;
    while (vm.time < LIMIT) {
      vm.run({ maxInstructions: Math.min(97 - (vm.time % 97), LIMIT - vm.time) });
      const { time, deliveries } = vm.moment;
      expect(vm.settle()).toBeNull();
      expect(vm.time).toBe(time);
      delivered += vm.moment.deliveries - deliveries;
      vm.run({ maxInstructions: Math.min(13, LIMIT - vm.time) });
      vm.settle();
      const settled = vm.moment;
      vm.settle();
      expect(vm.moment).toEqual(settled);
    }
    straight.settle();
    expect(look(vm)).toEqual(look(straight));
    expect(delivered).toBeGreaterThan(10);
  });
});
