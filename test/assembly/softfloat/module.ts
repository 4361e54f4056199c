/** The arithmetic of assembly/softfloat/, compiled as a module of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** In the order of the numbers that `calculate` takes. */
export const OPERATIONS = ['add', 'subtract', 'multiply', 'divide', 'squareRoot', 'fused'] as const;
export type Operation = (typeof OPERATIONS)[number];
/** Bits of the significand of each format. */
export type Precision = 11 | 24 | 53 | 64;

/** AssemblyScript: operands in, one operation, result out. `softfloat/` stands for the folder. */
const SOURCE = `
import { add, subtract } from 'softfloat/add';
import { divide } from 'softfloat/divide';
import { exceptions, setEnvironment } from 'softfloat/environment';
import { fromInteger, roundToIntegral, toInteger } from 'softfloat/integral';
import { multiply } from 'softfloat/multiply';
import { copyNumber, operandA, operandB, operandC, result } from 'softfloat/number';
import { packF16, packF32, packF64, packSignExponent, significandOf } from 'softfloat/pack';
import { roundToExtended, roundToF16, roundToF32, roundToF64 } from 'softfloat/round';
import { squareRoot } from 'softfloat/square-root';
import { unpackExtended, unpackF16, unpackF32, unpackF64 } from 'softfloat/unpack';

export { exceptions, setEnvironment };

export function operand(index: u32, precision: u32, significand: u64, signExponent: u32): void {
  const to = index == 0 ? operandA() : index == 1 ? operandB() : operandC();
  if (precision == 11) unpackF16(<u32>significand, to);
  else if (precision == 24) unpackF32(<u32>significand, to);
  else if (precision == 53) unpackF64(significand, to);
  else unpackExtended(signExponent, significand, to);
}

export function calculate(operation: u32): void {
  const to = result();
  if (operation == 0) add(operandA(), operandB(), to);
  else if (operation == 1) subtract(operandA(), operandB(), to);
  else if (operation == 3) divide(operandA(), operandB(), to);
  else if (operation == 4) squareRoot(operandA(), to);
  else multiply(operandA(), operandB(), to);
  if (operation == 5) add(to, operandC(), to);
}

/** Rounds the result to a format; the extended one to control bits. */
export function rounded(precision: u32, control: u32): u64 {
  const x = result();
  if (precision == 11) roundToF16(x);
  else if (precision == 24) roundToF32(x);
  else if (precision == 53) roundToF64(x);
  else roundToExtended(x, control);
  if (precision == 11) return packF16(x);
  if (precision == 24) return packF32(x);
  return precision == 53 ? packF64(x) : significandOf(x);
}

export function signExponent(): u32 {
  return packSignExponent(result());
}

export function integral(): void {
  copyNumber(result(), operandA());
  roundToIntegral(result());
}

export function integer(bits: u32): i64 {
  return toInteger(operandA(), bits);
}

export function setInteger(value: i64): void {
  fromInteger(value, result());
}
`;

export interface Softfloat {
  /** As in assembly/softfloat/environment.ts. */
  setEnvironment(mode: number, masks: number, flushesToZero: number, wrap: number): void;
  exceptions(): number;
  operand(index: number, precision: Precision, significand: bigint, signExponent: number): void;
  calculate(operation: number): void;
  /** Bits of f16, f32 and f64; the significand of an extended result. */
  rounded(precision: Precision, control: number): bigint;
  signExponent(): number;
  integral(): void;
  integer(bits: number): bigint;
  setInteger(value: bigint): void;
}

/** Compiles the module. */
export async function createSoftfloat(): Promise<Softfloat> {
  const folder = mkdtempSync(join(ROOT, 'build/softfloat-'));
  try {
    const entry = join(folder, 'entry.ts');
    const binary = join(folder, 'entry.wasm');
    writeFileSync(entry, SOURCE.replaceAll("'softfloat/", "'../../assembly/softfloat/"));
    compile(entry, binary);
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 16 });
    const { instance } = await WebAssembly.instantiate(readFileSync(binary), { env: { memory } });
    return instance.exports as unknown as Softfloat;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compile(entry: string, binary: string): void {
  const asc = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
  const options = [entry, '--config', 'none', '--importMemory', '--runtime', 'stub', '--noAssert'];
  const size = ['--initialMemory', '16', '--maximumMemory', '16', '--zeroFilledMemory'];
  const run = spawnSync(process.execPath, [asc, ...options, ...size, '--outFile', binary], {
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(run.stderr);
}
