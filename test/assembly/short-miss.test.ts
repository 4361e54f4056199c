/**
 * Misses of the TLB the short way against the general one: two processors go through the same accesses and changes of page tables,
 * and one of them is made to forget before each access which ways its walks have gone.
 */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { Layout } from '../../assembly/abi/layout.js';
import { Cr0, Cr4, Efer, Rflags } from '../../assembly/abi/processor-bits.js';
import { Stop } from '../../assembly/abi/stop.js';
import { Vector } from '../../assembly/abi/vector.js';
import { CODE, Machine } from '../helpers/machine.js';
import { A, ALL, D, type Format, NX, P, PageTables, PS, U, W } from '../helpers/page-tables.js';

const MEMORY = 8 << 20;
const GUEST_MEMORY = 0x8_0000;
const GUEST_TABLES = 0x4_0000;
const NESTED_TABLES = 0x10_0000;
/** Pages behind the addresses: two for data, the one of the code, and one where there is no memory. */
const FRAMES = [0x5000, 0x6000, CODE, 0x4000_0000] as const;
/** The first and the third, of 4 KiB pages, share entries of the TLB with each other, and with the large page. */
const TARGETS = [0x4080_0000, 0x4080_1000, 0x40c0_0000, 0x4100_0000] as const;
const LARGE = 3;
/** Beyond the code, in its page. */
const OFFSET = 0x800;

// prettier-ignore
const CODE_OF = {
  read: [0x8a, 0x03],    // MOV AL, [rBX]
  write: [0x88, 0x03],   // MOV [rBX], AL
  add: [0x00, 0x03],     // ADD [rBX], AL
  'load CR3': [0x0f, 0x22, 0xda], // MOV CR3, rDX
} as const;

type Step =
  | { readonly kind: keyof typeof CODE_OF; readonly target: number }
  | { readonly kind: 'edit'; readonly target: number; readonly level: number; readonly bit: bigint }
  | { readonly kind: 'remap'; readonly target: number; readonly frame: number }
  | { readonly kind: 'remap nested'; readonly frame: number; readonly bits: bigint }
  | { readonly kind: 'protect' };

interface Scenario {
  readonly format: Format;
  readonly isNested: boolean;
  readonly isUser: boolean;
  readonly controls: readonly [wp: boolean, smap: boolean, nxe: boolean];
  readonly steps: readonly Step[];
}

const target = fc.nat({ max: TARGETS.length - 1 });
const frame = fc.nat({ max: FRAMES.length - 1 });
const access = fc.record({
  kind: fc.constantFrom<keyof typeof CODE_OF>('read', 'read', 'write', 'write', 'add', 'load CR3'),
  target,
});
const edit = fc.record({
  kind: fc.constant('edit' as const),
  target,
  level: fc.integer({ min: 1, max: 4 }),
  bit: fc.constantFrom(P, W, U, A, D, D, PS, NX, 1n << 50n),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: access },
  { weight: 3, arbitrary: edit },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remap' as const), target, frame }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('remap nested' as const),
      frame,
      bits: fc.constantFrom(0n, P | U, ALL, ALL | A, ALL | A | D),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'protect' }) },
);
const scenarios: fc.Arbitrary<Scenario> = fc.record({
  format: fc.constantFrom<Format>('legacy', 'pae', 'long'),
  isNested: fc.boolean(),
  isUser: fc.boolean(),
  controls: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
  steps: fc.array(step, { minLength: 10, maxLength: 40 }),
});

/** A processor with page tables, whose pages are accessed and dirty to begin with. */
class Side {
  private tables!: PageTables;
  private nested!: PageTables;
  private scenario!: Scenario;

  constructor(
    readonly machine: Machine,
    private readonly forgets: boolean,
  ) {}

  start(scenario: Scenario): void {
    const { machine } = this;
    const { state, core } = machine;
    const { format, isNested, isUser } = scenario;
    this.scenario = scenario;
    if (format === 'long') machine.long(isUser ? 3 : 0);
    else machine.flat32(isUser ? 3 : 0);
    this.clean.fill(0);
    this.tables = new PageTables(core.words, format, GUEST_TABLES);
    this.tables.map(CODE, BigInt(CODE) | ALL | A | D);
    for (const [i, address] of TARGETS.entries()) this.mapTarget(i, address);
    this.nested = new PageTables(core.words, 'long', NESTED_TABLES);
    this.nested.mapIdentity(GUEST_MEMORY, ALL | A | D);
    this.setControls();
    state.set('nestedPaging', isNested ? 1 : 0);
    state.set('inGuest', 1);
    state.set('intercepts2', 1 << Vector.Pf);
    core.exports.flushTlb();
    machine.rflags = BigInt(Rflags.Always1);
  }

  private mapTarget(i: number, address: number): void {
    const bits = ALL | A | D;
    // Under SMAP the supervisor may go the way to the first page, and not on to its neighbour.
    const own = i === 0 && !this.scenario.isUser ? bits & ~U : bits;
    if (i === LARGE) this.tables.map(address, bits | PS, 2);
    else this.tables.map(address, BigInt(FRAMES[i % 2]!) | own);
  }

  private setControls(): void {
    const { state } = this.machine;
    const { format, controls } = this.scenario;
    const [wp, smap, nxe] = controls;
    const paging = format === 'legacy' ? Cr4.Pse : Cr4.Pae;
    const longMode = format === 'long' ? Efer.Lme | Efer.Lma : 0;
    state.setBig('cr0', BigInt((Cr0.Pg >>> 0) + Cr0.Pe + (wp ? Cr0.Wp : 0)));
    state.setBig('cr3', BigInt(GUEST_TABLES));
    state.setBig('cr4', BigInt(paging | (smap ? Cr4.Smap : 0)));
    state.setBig('efer', BigInt(longMode | (nxe ? Efer.Nxe : 0)));
    state.setBig('nestedCr3', BigInt(NESTED_TABLES));
    state.setBig('hostCr4', BigInt(Cr4.Pae));
    state.setBig('hostEfer', BigInt(Efer.Lme | Efer.Lma));
  }

  /** What the step has left: why it ended, and what software or the TLB could tell. */
  take(step: Step): unknown {
    const { core } = this.machine;
    if (step.kind === 'edit' || step.kind === 'remap') {
      if (step.kind === 'edit') this.edit(step.target, step.level, step.bit);
      else this.remap(step.target, FRAMES[step.frame]!);
      return this.scenario.isNested ? this.flush() : undefined;
    }
    if (step.kind === 'remap nested') return this.remapNested(FRAMES[step.frame]!, step.bits);
    if (step.kind === 'protect') {
      this.clean.fill(1);
      return core.exports.protectPages();
    }
    return this.access(step.kind, TARGETS[step.target]! + OFFSET);
  }

  private edit(target: number, level: number, bit: bigint): void {
    const { tables } = this;
    const lowest = target === LARGE ? 2 : 1;
    const at = Math.min(Math.max(level, lowest), tables.levels);
    const slot = tables.slot(TARGETS[target]!, at);
    // A table that has moved would lead `slot` astray.
    tables.write(slot, tables.read(slot) ^ (bit === PS && at > lowest ? A : bit));
  }

  writeEntry(target: number, level: number, entry: bigint): void {
    this.tables.write(this.tables.slot(TARGETS[target]!, level), entry);
  }

  /** Copies the guest's last table for an address to where the nested tables put it from now on; the address of its entry there. */
  moveLastTable(target: number, to: number): number {
    const slot = this.tables.slot(TARGETS[target]!);
    const page = slot - (slot % 4096);
    this.machine.core.memory.copyWithin(to, page, page + 4096);
    this.nested.map(page, BigInt(to) | ALL | A | D);
    return to + (slot % 4096);
  }

  private remap(target: number, frame: number): void {
    const slot = this.tables.slot(TARGETS[target]!, target === LARGE ? 2 : 1);
    const address = target === LARGE ? BigInt(frame & 0x4000_0000) : BigInt(frame);
    this.tables.write(slot, (this.tables.read(slot) & 0xfffn) | address);
  }

  /** Who forgets has fewer translations under nested paging, so none may be stale: see below. */
  private flush(): unknown {
    if (!this.scenario.isUser) return this.access('load CR3', 0);
    return this.machine.core.exports.flushTlb();
  }

  private remapNested(page: number, bits: bigint): void {
    if (page >= GUEST_MEMORY || page === CODE) return;
    this.nested.map(page, BigInt(page) | bits);
    this.machine.core.exports.flushTlb();
  }

  private access(kind: keyof typeof CODE_OF, address: number): unknown {
    const { state, core } = this.machine;
    if (this.forgets) core.exports.flushNestedTlb();
    this.machine.load(CODE_OF[kind]);
    state.setNum('rbx', address);
    state.setNum('rdx', GUEST_TABLES);
    state.setNum('exitInfo1', 0);
    const stop = this.machine.run(1);
    return [stop, ...(['rax', 'exitCode', 'exitInfo1', 'exitInfo2'] as const).map((name) => state.num(name))];
  }

  /** A flag for each page and each chunk of what caches translations: it is clean. */
  get clean(): Uint8Array {
    const { bytes, exports } = this.machine.core;
    const count = MEMORY / 4096 + Layout.TlbChunks + Layout.FetchChunks;
    return bytes.subarray(exports.trackingFlags()).subarray(0, count);
  }

  get tlb(): Uint8Array {
    const { bytes, exports } = this.machine.core;
    return bytes.subarray(exports.TLB_ADDRESS.value as number).subarray(0, exports.TLB_BYTES.value as number);
  }
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

let short: Side;
let general: Side;
beforeAll(async () => {
  short = new Side(await Machine.create(MEMORY), false);
  general = new Side(await Machine.create(MEMORY), true);
});

it('leaves registers, faults, memory, accessed and dirty bits, clean pages and the TLB as the general way does', () => {
  fc.assert(
    fc.property(scenarios, (scenario) => {
      short.start(scenario);
      general.start(scenario);
      for (const [i, step] of scenario.steps.entries()) {
        expect(short.take(step), `step ${i}`).toEqual(general.take(step));
        const [ours, theirs] = [short.machine.core.memory, general.machine.core.memory];
        expect(isEqual(ours.subarray(0, 0x20_0000), theirs.subarray(0, 0x20_0000)), `memory, step ${i}`).toBe(
          true,
        );
        // Who forgets asks the nested tables again, and for less: a read does not tell it that it may write.
        if (scenario.isNested) continue;
        expect(isEqual(short.clean, general.clean), `clean pages, step ${i}`).toBe(true);
        expect(isEqual(short.tlb, general.tlb), `TLB, step ${i}`).toBe(true);
      }
    }),
    { numRuns: 800, seed: 5 },
  );
});

/** A scenario of one address, in which nothing is done yet. */
function begin(isNested: boolean): void {
  short.start({ format: 'long', isNested, isUser: false, controls: [true, false, false], steps: [] });
}

/** Why a read has stopped, and RAX. */
const read = (target: number): unknown => (short.take({ kind: 'read', target }) as unknown[]).slice(0, 2);
const LOAD_CR3: Step = { kind: 'load CR3', target: 0 };

it('a large page that has become a table is one', () => {
  begin(false);
  const { memory } = short.machine.core;
  const TABLE = 0x7000;
  memory[OFFSET] = 1;
  memory[FRAMES[0] + OFFSET] = 2;
  short.machine.core.words.setBigUint64(TABLE, BigInt(FRAMES[0]) | ALL | A | D, true);
  for (let i = 0; i < 2; i++) {
    expect(read(LARGE)).toEqual([Stop.Budget, 1]);
    short.take(LOAD_CR3);
  }
  short.writeEntry(LARGE, 2, BigInt(TABLE) | ALL | A | D);
  expect(read(LARGE)).toEqual([Stop.Budget, 2]);
});

it('tables that the host has moved are found where they are', () => {
  begin(true);
  const { core } = short.machine;
  const OTHER = 0x18_0000;
  core.memory[FRAMES[0] + OFFSET] = 1;
  core.memory[FRAMES[1] + OFFSET] = 2;
  expect(read(0)).toEqual([Stop.Budget, 1]);
  short.take(LOAD_CR3);
  expect(read(0)).toEqual([Stop.Budget, 1]);
  const table = short.moveLastTable(0, OTHER);
  core.words.setBigUint64(table, BigInt(FRAMES[1]) | ALL | A | D, true);
  core.exports.flushTlb();
  expect(read(0)).toEqual([Stop.Budget, 2]);
});
