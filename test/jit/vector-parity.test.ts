/**
 * Every operation on vectors in both tiers: the same random registers, of numbers at the edges of their formats, the same
 * outcome. A block holds several micro-ops of one operation, so that each meets what the one before it has left.
 */
import { beforeAll, expect, it } from 'vitest';
import { FLOAT_FORMAT_SHIFT, FloatFormat, FloatOp } from '../../assembly/abi/float-op.js';
import { CryptoOp } from '../../assembly/abi/crypto-op.js';
import { Mxcsr } from '../../assembly/abi/processor-bits.js';
import { Reg, Seg } from '../../assembly/abi/register.js';
import { Uop } from '../../assembly/abi/uop.js';
import { VectorOp, VectorTestOp, VectorWholeOp } from '../../assembly/abi/vector-op.js';
import { VectorAlignment, VectorForm } from '../../assembly/abi/vector-register.js';
import { Reach } from '../../src/jit/reach.js';
import { Machine } from '../helpers/machine.js';
import { fillWith, type Flavour } from '../silicon/float-values.js';
import { Random } from '../silicon/random.js';
import { runBlock, type StartState, type UopRecord, WINDOW, WINDOW_BYTES } from './uop-block.js';

const SEED = Number(process.env['PARITY_SEED'] ?? 20261122);
const CASES = 4;
const UOPS = 6;
const REGISTERS = 6;
const VECTOR_FILE_BYTES = 16 * 32;
const FORM_SHIFT = 16;
const PAGE = 4096;

const random = new Random(SEED);
let interpreted: Machine;
/** Those that leave to the interpreter, and those that call the core. */
let compiled: readonly Machine[];
beforeAll(async () => {
  interpreted = await Machine.create(1 << 20, { jit: false });
  compiled = await Promise.all(
    [Reach.Runs, Reach.Tlb, Reach.Everything].map((reach) =>
      Machine.create(1 << 20, { hotThreshold: 1, reach }),
    ),
  );
});

/** Rounding, masks, FTZ, DAZ and flags at random; half of the time what compiled code has been made for. */
function mxcsr(): number {
  if (random.chance(0.5)) return Mxcsr.Reset | (random.chance(0.7) ? 0x20 : 0) | random.below(0x20);
  if (random.chance(0.5)) return Mxcsr.Reset | random.below(0x40) | (random.below(4) << 13);
  return random.u32() & Mxcsr.Defined;
}

/** Ordinary numbers, among which exact results and cancellation are common. */
function fillModestly(view: DataView, isDouble: boolean): void {
  const step = isDouble ? 8 : 4;
  for (let at = 0; at < view.byteLength; at += step) {
    const value = random.chance(0.2)
      ? 0
      : (random.below(64) - 32) * 2 ** (random.below(9) - 4) + random.below(3) / 3;
    if (isDouble) view.setFloat64(at, value, true);
    else view.setFloat32(at, value, true);
  }
}

function state(flavour: Flavour): StartState {
  const vectors = new Uint8Array(VECTOR_FILE_BYTES);
  const view = new DataView(vectors.buffer);
  if (flavour.startsWith('f') && random.chance(0.4)) fillModestly(view, flavour === 'f64');
  else for (let at = 0; at < VECTOR_FILE_BYTES; at += 32) fillWith(random, view, at, 32, flavour);
  const registers = Array.from({ length: 16 }, () => BigInt(random.u32()) | (BigInt(random.u32()) << 32n));
  registers[Reg.Rbx >> 3] = BigInt(WINDOW + 0x800 + random.below(0x100) * (random.chance(0.5) ? 16 : 1));
  if (random.chance(0.2)) registers[Reg.Rbx >> 3] = BigInt(WINDOW + PAGE - random.below(48));
  const window = Uint8Array.from({ length: WINDOW_BYTES }, () => random.below(256));
  return { registers, flags: BigInt(random.u32() & 0x8d5) | 2n, window, vectors, mxcsr: mxcsr() };
}

/** Runs blocks of micro-ops that `make` makes in both tiers. */
function agree(flavour: Flavour, make: () => UopRecord): void {
  for (let i = 0; i < CASES; i++) {
    const records = Array.from({ length: UOPS }, (_, j) => ({ ...make(), ip: j }));
    const block = [...records, { code: Uop.Next, c: 3, ip: UOPS, low: UOPS, high: UOPS }];
    const start = state(flavour);
    const expected = runBlock(interpreted, block, start);
    expect(
      runBlock(random.pick(compiled), block, start),
      JSON.stringify({ block, mxcsr: start.mxcsr }),
    ).toEqual(expected);
  }
}

const { Legacy, Vex128, Vex256 } = VectorForm;
const register = (): number => random.below(REGISTERS);
const flavours: readonly Flavour[] = ['i8', 'i16', 'i32', 'i64', 'f32', 'f64'];

function membersOf(numbers: Readonly<Record<string, string | number>>): (readonly [string, number])[] {
  return Object.entries(numbers).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
}

/** A micro-op on registers. `high` is its imm8. */
function operation(code: number, op: number, form: VectorForm, high = random.below(256)): UopRecord {
  const [a, b, c, n] = [register(), register(), register(), register()];
  return { code, a, b, c, n, low: op | (form << FORM_SHIFT), high };
}

/** Operations whose imm8 has bits for each half. */
const HALVES_DIFFER: ReadonlySet<VectorOp> = new Set([
  VectorOp.Blend32,
  VectorOp.Blend64,
  VectorOp.ShufflePairs64,
  VectorOp.SlidingDifferences,
]);

it.each(membersOf(VectorOp))(`Vector %s, seed ${SEED}`, (_, op) => {
  for (const form of [Legacy, Vex128, Vex256]) {
    // Counts that lie within the lanes are as likely as those beyond.
    const imm8 = (): number => random.below(random.chance(0.5) ? 256 : 40);
    const shift = form === Vex256 && HALVES_DIFFER.has(op) ? random.below(5) << 8 : 0;
    agree(random.pick(flavours), () => operation(Uop.Vector, op, form, imm8() | shift));
  }
});

/** The forms that each operation has. */
function formsOfWhole(name: string): VectorForm[] {
  if (/^(Zero|InsertHalf)/.test(name)) return [Vex256];
  if (name === 'ExtractHalf') return [Vex128];
  return name.startsWith('Signs') ? [Legacy, Vex128, Vex256] : [Vex128, Vex256];
}

it.each(membersOf(VectorWholeOp))(`VectorWhole %s, seed ${SEED}`, (name, op) => {
  for (const form of formsOfWhole(name)) {
    const imm8 = (): number => (name.startsWith('Zero') ? random.pick([8, 16]) : random.below(256));
    agree(random.pick(flavours), () => operation(Uop.VectorWhole, op, form, imm8()));
  }
});

it.each(membersOf(VectorTestOp))(`VectorTest %s, seed ${SEED}`, (_, op) => {
  for (const form of [Legacy, Vex128, Vex256]) agree('i8', () => operation(Uop.VectorTest, op, form, 0));
});

it.each(membersOf(CryptoOp))(`Crypto %s, seed ${SEED}`, (_, op) => {
  agree('i64', () => operation(Uop.Crypto, op, Legacy));
});

const FORMATS = membersOf(FloatFormat);
const TO_REGISTER: ReadonlySet<number> = new Set([
  FloatOp.CvtToSi32,
  FloatOp.CvtToSi64,
  FloatOp.CvttToSi32,
  FloatOp.CvttToSi64,
]);

/** A general register or a number of a vector register, as the operation has it. */
function floatOperand(isGeneral: boolean): number {
  return isGeneral ? random.pick([Reg.Rax, Reg.Rdx, Reg.Rsi, Reg.R9]) : register();
}

it.each(membersOf(FloatOp))(`Float %s, seed ${SEED}`, { timeout: 30_000 }, (name, op) => {
  const isPackedOnly = /^(AddSub|Horizontal|Dot|.*Dq|.*P[sdh]2|Fm(add|sub)(Sub|Add))/.test(name);
  const isScalarOnly = /^(Comi|Ucomi|Cvt.*S[sd]2|Cvt.*Si|LoadM|StoreM)/.test(name);
  for (const [, format] of FORMATS) {
    const isPacked = format >= FloatFormat.PackedSingle;
    if (isPacked ? isScalarOnly : isPackedOnly) continue;
    for (const form of isPacked ? [Legacy, Vex128, Vex256] : [Legacy, Vex128]) {
      const order = random.below(3) << 22;
      agree((format & 1) !== 0 ? 'f64' : 'f32', () => ({
        ...operation(Uop.Float, op, form),
        a: floatOperand(TO_REGISTER.has(op)),
        c: floatOperand(op === FloatOp.CvtSi32 || op === FloatOp.CvtSi64),
        low: op | (form << FORM_SHIFT) | (format << FLOAT_FORMAT_SHIFT) | order,
      }));
    }
  }
});

const MOVES = membersOf(Uop).filter(([name]) => /^(Load|Store)Vector|^Mov(To|From)Vector/.test(name));

it.each(MOVES)(`%s, seed ${SEED}`, (name, code) => {
  for (let i = 0; i < 6; i++) {
    agree(random.pick(flavours), () => {
      if (name.startsWith('MovTo')) {
        return { code, a: register(), b: Reg.Rdx, low: random.below(2) << FORM_SHIFT, high: 0 };
      }
      if (name.startsWith('MovFrom')) return { code, a: Reg.Rsi, b: register() };
      const alignment = random.pick([
        VectorAlignment.None,
        VectorAlignment.Always,
        VectorAlignment.UnlessMisalignedMode,
      ]);
      const low = random.below(8) * random.pick([16, 16, 8, 1]);
      return { code, a: register(), b: Reg.Rbx, c: Reg.Zero, n: alignment | (Seg.Ds << 4), low };
    });
  }
});
