/** String instructions against a model that does one element at a time (APM vol 3). */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { Cr0, Cr4, PageFault, Rflags } from '../../../assembly/abi/processor-bits.js';
import { Seg } from '../../../assembly/abi/register.js';
import { Stop } from '../../../assembly/abi/stop.js';
import { Vector } from '../../../assembly/abi/vector.js';
import { CODE, Machine } from '../../helpers/machine.js';
import { PageTables } from '../../helpers/page-tables.js';

/** Memory that the model knows: three pages, so that blocks end at page ends. */
const AREA = 0x2_0000;
const AREA_BYTES = 0x3000;
/** Enough ticks for every repetition of a test. */
const AMPLE = 1_000_000;

const REP = 0xf3;
const REPNE = 0xf2;

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.create();
});

type Operation = 'movs' | 'stos' | 'lods' | 'cmps' | 'scas';
const OPCODES: Record<Operation, number> = { movs: 0xa4, stos: 0xaa, lods: 0xac, cmps: 0xa6, scas: 0xae };
type Mode = 'real' | 'flat32' | 'long';

interface Case {
  readonly operation: Operation;
  readonly mode: Mode;
  readonly bytes: 1 | 2 | 4 | 8;
  /** Uses the mode's other address size (67h). */
  readonly otherAddress: boolean;
  readonly prefix: 0 | typeof REP | typeof REPNE;
  readonly isDown: boolean;
  readonly count: number;
  readonly source: number;
  readonly target: number;
  readonly accumulator: bigint;
}

function encode(c: Case): number[] {
  const code: number[] = [];
  if (c.prefix !== 0) code.push(c.prefix);
  if (c.otherAddress) code.push(0x67);
  const isWordMode = c.mode === 'real';
  if ((c.bytes === 2 && !isWordMode) || (c.bytes === 4 && isWordMode)) code.push(0x66);
  if (c.bytes === 8) code.push(0x48);
  code.push(OPCODES[c.operation] + (c.bytes === 1 ? 0 : 1));
  return code;
}

interface Registers {
  rax: bigint;
  rcx: bigint;
  rsi: bigint;
  rdi: bigint;
}

/** What the manual says, an element at a time. Returns the iterations done; `zero` is ZF after a comparison. */
function model(c: Case, registers: Registers, memory: DataView): { iterations: number; zero?: boolean } {
  const element = BigInt(c.bytes * 8);
  const step = c.isDown ? -c.bytes : c.bytes;
  const read = (index: bigint) => {
    let value = 0n;
    for (let i = c.bytes - 1; i >= 0; i--) {
      value = (value << 8n) | BigInt(memory.getUint8(Number(index) - AREA + i));
    }
    return value;
  };
  const write = (index: bigint, value: bigint) => {
    for (let i = 0; i < c.bytes; i++) {
      memory.setUint8(Number(index) - AREA + i, Number((value >> BigInt(8 * i)) & 0xffn));
    }
  };
  const accumulator = BigInt.asUintN(Number(element), registers.rax);
  let iterations = 0;
  let zero: boolean | undefined;
  while (c.prefix === 0 ? iterations === 0 : registers.rcx !== 0n) {
    const { rsi, rdi } = registers;
    if (c.operation === 'movs') write(rdi, read(rsi));
    else if (c.operation === 'stos') write(rdi, accumulator);
    else if (c.operation === 'cmps') zero = read(rsi) === read(rdi);
    else if (c.operation === 'scas') zero = accumulator === read(rdi);
    else {
      const kept = c.bytes === 4 ? 0n : registers.rax & ~((1n << element) - 1n);
      registers.rax = kept | read(rsi);
    }
    if (c.operation !== 'stos' && c.operation !== 'scas') registers.rsi += BigInt(step);
    if (c.operation !== 'lods') registers.rdi += BigInt(step);
    iterations++;
    if (c.prefix !== 0) registers.rcx--;
    if (zero !== undefined && c.prefix !== 0 && zero !== (c.prefix === REP)) break;
  }
  return { iterations, ...(zero === undefined ? {} : { zero }) };
}

function enter(mode: Mode): void {
  if (mode === 'real') machine.real();
  else if (mode === 'flat32') machine.flat32();
  else machine.long();
}

/** In real mode the area is reached through DS and ES. */
function reachArea(): void {
  for (const seg of [Seg.Ds, Seg.Es]) {
    const { state } = machine;
    state.setSegment(seg, { ...state.segment(seg), selector: AREA >> 4, base: BigInt(AREA) });
  }
  machine.core.exports.updateMode();
}

function loadRegisters(registers: Registers): void {
  for (const [name, value] of Object.entries(registers)) machine.state.setBig(name, value as bigint);
}

function storedRegisters(): Registers {
  const { state } = machine;
  return { rax: state.big('rax'), rcx: state.big('rcx'), rsi: state.big('rsi'), rdi: state.big('rdi') };
}

const cases = fc
  .record({
    operation: fc.constantFrom<Operation>('movs', 'stos', 'lods', 'cmps', 'scas'),
    mode: fc.constantFrom<Mode>('real', 'flat32', 'long'),
    bytes: fc.constantFrom<1 | 2 | 4 | 8>(1, 2, 4, 8),
    otherAddress: fc.boolean(),
    prefix: fc.constantFrom<0 | 0xf2 | 0xf3>(0, REP, REP, REPNE),
    isDown: fc.boolean(),
    count: fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 300 })),
    source: fc.integer({ min: 0x900, max: 0x2700 - 8 }),
    // Near the source as often as not: operands overlap.
    distance: fc.oneof(fc.integer({ min: -16, max: 16 }), fc.integer({ min: -0x800, max: 0x800 })),
    // Elements of equal bytes are filled in another way.
    accumulator: fc.oneof(
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      fc.integer({ min: 0, max: 255 }).map((byte) => BigInt(byte) * 0x0101_0101_0101_0101n),
    ),
  })
  .map(({ source, distance, ...rest }): Case => {
    const base = rest.mode === 'real' ? 0 : AREA;
    const bytes = rest.mode === 'long' || rest.bytes !== 8 ? rest.bytes : 4;
    // 16-bit addresses reach the area only through segments, which 32-bit flat mode does not have.
    const otherAddress = rest.otherAddress && rest.mode !== 'flat32';
    const count = Math.min(rest.count, Math.floor(0x800 / bytes));
    const target = Math.min(Math.max(source + distance, 0x800), 0x2800 - 8);
    return { ...rest, bytes, otherAddress, count, source: base + source, target: base + target };
  });

/** Memory with long runs of equal bytes, or of bytes that differ, so that comparisons go on for a while. */
function fillArea({ count, prefix }: Case): Uint8Array {
  const seed = count + 1;
  const area = new Uint8Array(AREA_BYTES);
  if (prefix === REPNE) return area.map((_, i) => (i * 31 + (i >> 8)) & 0xff);
  for (let i = 0; i < area.length; i++) area[i] = (i * seed) % 61 === 0 ? i & 0xff : 0x33;
  return area;
}

function prepare(c: Case): Registers {
  enter(c.mode);
  if (c.mode === 'real') reachArea();
  machine.core.write(AREA, fillArea(c));
  machine.load(encode(c));
  const isFound = c.operation === 'scas' && c.prefix !== REPNE;
  const accumulator = isFound ? 0x3333_3333_3333_3333n : c.accumulator;
  const registers = {
    rax: accumulator,
    rcx: BigInt(c.count),
    rsi: BigInt(c.source),
    rdi: BigInt(c.target),
  };
  loadRegisters(registers);
  machine.rflags = BigInt(Rflags.Always1 | (c.isDown ? Rflags.Df : 0));
  return registers;
}

function expectedArea(c: Case): DataView {
  const area = fillArea(c);
  // The model's addresses start at AREA; real mode's at 0 of its segments.
  return new DataView(area.buffer);
}

function runModel(c: Case, start: Registers, area: DataView) {
  const shift = c.mode === 'real' ? BigInt(AREA) : 0n;
  const shifted = { ...start, rsi: start.rsi + shift, rdi: start.rdi + shift };
  const outcome = model(c, shifted, area);
  return {
    ...outcome,
    registers: { ...shifted, rsi: shifted.rsi - shift, rdi: shifted.rdi - shift },
  };
}

/** By hand: matchers take milliseconds for an array of this size. */
function expectArea(area: DataView): void {
  const found = machine.core.read(AREA, AREA_BYTES);
  const difference = found.findIndex((byte, index) => byte !== area.getUint8(index));
  expect(difference, 'index of the first byte that differs').toBe(-1);
}

describe('against the model', () => {
  it('registers, memory, ZF and the clock agree', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const start = prepare(c);
        const area = expectedArea(c);
        const { registers, iterations, zero } = runModel(c, start, area);
        const clock = machine.state.num('clock');
        expect(machine.run(Math.max(iterations, 1))).toBe(Stop.Budget);
        expect(storedRegisters()).toEqual(registers);
        expectArea(area);
        expect(machine.state.num('clock') - clock).toBe(Math.max(iterations, 1));
        expect(machine.state.num('rip')).toBe(CODE + encode(c).length);
        if (zero !== undefined) expect((machine.rflags & BigInt(Rflags.Zf)) !== 0n).toBe(zero);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  it('stops at every deadline with exactly that many iterations done', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 40 }), (c, budget) => {
        fc.pre(c.prefix !== 0 && c.count > budget);
        const start = prepare(c);
        const area = expectedArea(c);
        const part = runModel({ ...c, count: budget }, { ...start, rcx: BigInt(budget) }, area);
        fc.pre(part.iterations === budget && part.registers.rcx === 0n);
        const clock = machine.state.num('clock');
        expect(machine.run(budget)).toBe(Stop.Budget);
        expect(machine.state.num('clock') - clock).toBe(budget);
        // A comparison may have ended the instruction with this very iteration.
        const left = BigInt(c.count - budget);
        expect(storedRegisters()).toEqual({ ...part.registers, rcx: left });
        expectArea(area);
      }),
      { numRuns: 1500, seed: 2 },
    );
  });

  it('a run in slices ends as one without', () => {
    const c: Case = {
      operation: 'movs',
      mode: 'long',
      bytes: 4,
      otherAddress: false,
      prefix: REP,
      isDown: false,
      count: 700,
      source: AREA + 0x103,
      target: AREA + 0x1501,
      accumulator: 0n,
    };
    const start = prepare(c);
    const area = expectedArea(c);
    const { registers } = runModel(c, start, area);
    for (let done = 0; done < 700; done += 7) machine.run(7);
    expect(storedRegisters()).toEqual(registers);
    expectArea(area);
  });
});

describe('flags of comparisons', () => {
  // prettier-ignore
  it.each<[what: string, code: number[], left: number, right: number, flags: number]>([
    ['CMPSB subtracts ES:[rDI] from DS:[rSI]', [0xa6], 0x10, 0x20, Rflags.Cf | Rflags.Sf | Rflags.Pf],
    ['SCASB subtracts ES:[rDI] from AL',       [0xae], 0x10, 0x20, Rflags.Cf | Rflags.Sf | Rflags.Pf],
    ['signed overflow',                        [0xa6], 0x80, 0x01, Rflags.Of | Rflags.Af],
    ['equal',                                  [0xa6], 0x42, 0x42, Rflags.Zf | Rflags.Pf],
  ])('%s', (_what, code, left, right, flags) => {
    machine.flat32().load(code);
    machine.core.write(AREA, Uint8Array.of(left, right));
    loadRegisters({ rax: BigInt(left), rcx: 0n, rsi: BigInt(AREA), rdi: BigInt(AREA + 1) });
    machine.run(1);
    expect(Number(machine.rflags) & Rflags.Status).toBe(flags);
  });

  it('a repetition of zero leaves the flags alone', () => {
    machine.flat32().load([REP, 0xa6]);
    machine.rflags = BigInt(Rflags.Status | Rflags.Always1);
    loadRegisters({ rax: 0n, rcx: 0n, rsi: BigInt(AREA), rdi: BigInt(AREA) });
    machine.run(1);
    expect(Number(machine.rflags) & Rflags.Status).toBe(Rflags.Status);
    expect(storedRegisters().rsi).toBe(BigInt(AREA));
  });
});

describe('address sizes', () => {
  it('16-bit index registers wrap and keep their upper halves', () => {
    machine.real().load([REP, 0xaa]); // REP STOSB
    loadRegisters({ rax: 0x77n, rcx: 0xabcd_0004n, rsi: 0n, rdi: 0x5555_fffen });
    machine.run(4);
    expect(storedRegisters()).toMatchObject({ rcx: 0xabcd_0000n, rdi: 0x5555_0002n });
    expect([...machine.core.read(0xfffe, 2), ...machine.core.read(0, 2)]).toEqual([0x77, 0x77, 0x77, 0x77]);
  });

  it('32-bit index registers in 64-bit mode are cleared above', () => {
    machine.long().load([REP, 0x67, 0xaa]);
    loadRegisters({ rax: 0x77n, rcx: 0xffff_ffff_0000_0003n, rsi: 0n, rdi: (1n << 40n) | BigInt(AREA) });
    machine.run(3);
    expect(storedRegisters()).toMatchObject({ rcx: 0n, rdi: BigInt(AREA + 3) });
  });

  it('a source override adds the base of FS in 64-bit mode', () => {
    machine.long().load([0x64, 0xac]); // FS LODSB
    const { state } = machine;
    state.setSegment(Seg.Fs, { ...state.segment(Seg.Fs), base: BigInt(AREA) });
    machine.core.write(AREA + 5, Uint8Array.of(0x99));
    loadRegisters({ rax: 0n, rcx: 0n, rsi: 5n, rdi: 0n });
    machine.run(1);
    expect(storedRegisters().rax).toBe(0x99n);
  });

  it('the destination is in ES whatever the override', () => {
    machine.flat32();
    const { state } = machine;
    state.setSegment(Seg.Fs, { ...state.segment(Seg.Fs), base: BigInt(AREA) });
    machine.core.exports.updateMode();
    machine.load([0x64, 0xa4]); // FS MOVSB
    machine.core.write(AREA, Uint8Array.of(0x99));
    loadRegisters({ rax: 0n, rcx: 0n, rsi: 0n, rdi: BigInt(AREA + 8) });
    machine.run(1);
    expect(machine.core.read(AREA + 8, 1)[0]).toBe(0x99);
  });
});

describe('faults between iterations', () => {
  /** A 32-bit guest with paging: the second page of the area is missing. */
  function startWithHole(): PageTables {
    machine.flat32();
    const tables = new PageTables(machine.core.words, 'legacy', 0x8_0000);
    tables.mapIdentity(0x4_0000, 7n);
    tables.map(AREA + 0x1000, 0n);
    machine.state.setBig('cr3', BigInt(tables.root));
    machine.state.setBig('cr0', BigInt((Cr0.Pg >>> 0) + Cr0.Pe));
    machine.state.set('inGuest', 1);
    machine.state.set('intercepts2', (1 << Vector.Pf) | (1 << Vector.Gp) | (1 << Vector.Db));
    machine.core.exports.flushTlb();
    machine.core.exports.updateMode();
    return tables;
  }

  it('a source that faults leaves the page of the destination clean', () => {
    const tables = startWithHole();
    const slot = tables.slot(AREA + 0x2000);
    const before = tables.read(slot);
    machine.load([REP, 0xa4]);
    loadRegisters({ rax: 0n, rcx: 10n, rsi: BigInt(AREA + 0x1000), rdi: BigInt(AREA + 0x2000) });
    expect(machine.run(AMPLE)).toBe(Stop.Exit);
    expect(tables.read(slot)).toBe(before);
  });

  // prettier-ignore
  it.each<[what: string, code: number[], rsi: number, rdi: number, done: number, fault: number, address: number]>([
    ['REP STOSD: the iteration that crosses', [REP, 0xab], 0,              AREA + 0xff1, 3, PageFault.Write, AREA + 0x1000],
    ['REP MOVSD, destination',                [REP, 0xa5], AREA + 0x2000,  AREA + 0xff0, 4, PageFault.Write, AREA + 0x1000],
    ['REP MOVSD, source',                     [REP, 0xa5], AREA + 0xff8,   AREA + 0x2000, 2, 0,              AREA + 0x1000],
    ['REPE CMPSD, source',                    [REP, 0xa7], AREA + 0xff8,   AREA + 0x2000, 2, 0,              AREA + 0x1000],
    ['REPE CMPSD, both: destination first',   [REP, 0xa7], AREA + 0x1004, AREA + 0x1008, 0, 0,              AREA + 0x1008],
    ['REPE CMPSB, both: source first',        [REP, 0xa6], AREA + 0x1004, AREA + 0x1008, 0, 0,              AREA + 0x1004],
    ['REP LODSD',                             [REP, 0xad], AREA + 0xffc,   0,            1, 0,               AREA + 0x1000],
  ])('%s', (_what, code, rsi, rdi, done, fault, address) => {
    startWithHole();
    machine.load(code);
    const start = { rax: 0n, rcx: 10n, rsi: BigInt(rsi), rdi: BigInt(rdi) };
    loadRegisters(start);
    const clock = machine.state.num('clock');
    expect(machine.run(AMPLE)).toBe(Stop.Exit);
    expect(machine.state.num('exitInfo1')).toBe(fault);
    expect(machine.state.num('exitInfo2')).toBe(address);
    const after = storedRegisters();
    expect(after.rcx).toBe(BigInt(10 - done));
    if (rsi !== 0) expect(after.rsi).toBe(BigInt(rsi + 4 * done));
    if (rdi !== 0) expect(after.rdi).toBe(BigInt(rdi + 4 * done));
    expect(machine.state.num('rip')).toBe(CODE);
    expect(machine.state.num('clock') - clock).toBe(done);
  });

  it('a segment limit stops a block where the element that exceeds it is', () => {
    startWithHole();
    const { state } = machine;
    state.setSegment(Seg.Es, { ...state.segment(Seg.Es), limit: AREA + 0x802 });
    machine.core.exports.updateMode();
    machine.load([REP, 0xab]);
    loadRegisters({ rax: 0n, rcx: 1000n, rsi: 0n, rdi: BigInt(AREA) });
    expect(machine.run(AMPLE)).toBe(Stop.Exit);
    expect(state.num('exitCode')).toBe(ExitCode.Exception0 + Vector.Gp);
    expect(storedRegisters().rdi).toBe(BigInt(AREA + 0x800));
    expect(storedRegisters().rcx).toBe(1000n - 0x200n);
  });

  it('TF traps after every iteration', () => {
    startWithHole();
    machine.load([REP, 0xaa]);
    loadRegisters({ rax: 0n, rcx: 3n, rsi: 0n, rdi: BigInt(AREA) });
    machine.rflags = BigInt(Rflags.Tf | Rflags.Always1);
    expect(machine.run(AMPLE)).toBe(Stop.Exit);
    expect(machine.state.num('exitCode')).toBe(ExitCode.Exception0 + Vector.Db);
    expect(storedRegisters().rcx).toBe(2n);
    expect(machine.state.num('rip')).toBe(CODE);
  });
});

it.each([
  ['MOVS', [0xa4]],
  ['REP MOVS', [REP, 0xa4]],
])('%s over the instruction after it is followed by what it wrote', (_what, movs) => {
  machine.flat32();
  // INC EAX becomes DEC EAX.
  machine.load([...movs, 0x40]);
  machine.core.write(AREA, Uint8Array.of(0x48));
  loadRegisters({ rax: 5n, rcx: 1n, rsi: BigInt(AREA), rdi: BigInt(CODE + movs.length) });
  machine.run(2);
  expect(storedRegisters().rax).toBe(4n);
});

describe('a page that holds code', () => {
  const FUNCTION = 0x2100;
  const NEW_PAGE = 0x4000;
  /** mov eax, n; ret */
  const returning = (n: number): number[] => [0xb8, n, 0, 0, 0, 0xc3];
  const CALL = [0xbb, 0x00, 0x21, 0, 0, 0xff, 0xd3]; // mov ebx, FUNCTION; call rbx

  function run(operation: number[], registers: Partial<Registers>): bigint {
    machine.long().core.write(FUNCTION, Uint8Array.from(returning(1)));
    machine.core.write(NEW_PAGE + 0x100, Uint8Array.from(returning(2)));
    machine.load([...CALL, ...operation, ...CALL, 0xf4]);
    for (const [name, value] of Object.entries(registers)) machine.state.setBig(name as 'rax', value);
    expect(machine.run(AMPLE)).toBe(Stop.Halted);
    return machine.state.big('rax');
  }

  it('runs what a copy over it has left', () => {
    for (const bytes of [0x100n, 0x101n, 0x106n, 0x800n]) {
      const rax = run([REP, OPCODES.movs], { rsi: BigInt(NEW_PAGE), rdi: 0x2000n, rcx: bytes });
      expect(rax, `${bytes} bytes`).toBe(bytes > 0x101n ? 2n : 1n);
    }
  });

  it('runs what a fill up to its line, and into it, has left', () => {
    // mov eax, 5 before the fill
    const fill = [0xb8, 5, 0, 0, 0, REP, OPCODES.stos];
    expect(run(fill, { rdi: 0x2000n, rcx: 0x100n })).toBe(1n);
    expect(run(fill, { rdi: 0x2101n, rcx: 1n })).toBe(5n);
    expect(run([...fill, 0xc6, 0x03, 0xb8], { rdi: 0x20fen, rcx: 4n })).toBe(5n); // mov byte [rbx], B8h
  });

  it('and stores into it or beside it', () => {
    expect(run([0xc6, 0x43, 1, 7], {})).toBe(7n); // mov byte [rbx + 1], 7
    expect(run([0x48, 0xc7, 0x43, 0xf8, 9, 9, 9, 9], {})).toBe(1n); // mov qword [rbx - 8], 09090909h
    expect(run([0xc7, 0x43, 0xfe, 9, 9, 0xb8, 8], {})).toBe(8n); // mov dword [rbx - 2], 08B80909h
  });
});

it('SMAP is honoured: a supervisor string reads no user page', () => {
  machine.flat32();
  const tables = new PageTables(machine.core.words, 'legacy', 0x8_0000);
  tables.map(CODE, BigInt(CODE) | 3n);
  tables.map(AREA, BigInt(AREA) | 7n);
  machine.state.setBig('cr3', BigInt(tables.root));
  machine.state.setBig('cr4', BigInt(Cr4.Smap));
  machine.state.setBig('cr0', BigInt((Cr0.Pg >>> 0) + Cr0.Pe));
  machine.state.set('inGuest', 1);
  machine.state.set('intercepts2', 1 << Vector.Pf);
  machine.core.exports.updateMode();
  machine.load([0xac]);
  loadRegisters({ rax: 0n, rcx: 0n, rsi: BigInt(AREA), rdi: 0n });
  expect(machine.run(1)).toBe(Stop.Exit);
  expect(machine.state.num('exitInfo1')).toBe(PageFault.Present);
});
