/** Micro-ops as text, one a line: for traces, tests and debugging. */
import { CryptoOp } from '../../assembly/abi/crypto-op.js';
import {
  FLOAT_FORMAT_SHIFT,
  FloatFormat,
  FloatOp,
  FUSED_ORDER_SHIFT,
  FusedOrder,
} from '../../assembly/abi/float-op.js';
import { Reg, Seg } from '../../assembly/abi/register.js';
import { SysOp } from '../../assembly/abi/sys-op.js';
import { SEGMENT_MASK, Uop, UOP_BYTES } from '../../assembly/abi/uop.js';
import { VectorOp, VectorTestOp, VectorWholeOp } from '../../assembly/abi/vector-op.js';
import { VectorForm, VectorRegister } from '../../assembly/abi/vector-register.js';
import {
  X87_ADDRESS_GIVEN,
  X87_ADDRESS_WIDTH_SHIFT,
  X87_OPCODE_SHIFT,
  X87Op,
} from '../../assembly/abi/x87-op.js';

/** What bytes a, b and c, byte n and the immediate are, so that only what means something is printed. */
type Print = (record: UopRecord) => string;

interface UopRecord {
  readonly code: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly n: number;
  readonly low: number;
  readonly high: number;
}

/** Each micro-op as `ip: Name operands`. */
export function printUops(uops: Uint8Array, count: number): string[] {
  const view = new DataView(uops.buffer, uops.byteOffset, uops.byteLength);
  return Array.from({ length: count }, (_, index) => printUop(view, index * UOP_BYTES));
}

function printUop(view: DataView, offset: number): string {
  const record: UopRecord = {
    code: view.getUint16(offset, true),
    a: view.getUint8(offset + 2),
    b: view.getUint8(offset + 3),
    c: view.getUint8(offset + 4),
    n: view.getUint8(offset + 5),
    low: view.getInt32(offset + 8, true),
    high: view.getInt32(offset + 12, true),
  };
  const name = Uop[record.code] ?? `Uop(${record.code})`;
  const text = printer(name)(record);
  return `${view.getUint16(offset + 6, true)}: ${name}${text === '' ? '' : ` ${text}`}`;
}

/** By the shape of the name, most special first. */
const PRINTERS: readonly (readonly [name: RegExp, print: Print])[] = [
  [/^Sys$/, printSystem],
  [/^(Load|Store)Vector/, (r) => `V${r.a}, ${segment(r.n >> 4)}:[${address(r, r.n & 3)}]`],
  [/^Vector$/, (r) => printVector(VectorOp, r)],
  [/^VectorWhole$/, (r) => printVector(VectorWholeOp, r)],
  [/^VectorTest$/, (r) => printVector(VectorTestOp, r)],
  [/^Crypto$/, (r) => printVector(CryptoOp, r)],
  [/^MovToVector/, (r) => `${VectorForm[(r.low >> 16) & 0xf]} V${r.a}, ${register(r.b)}`],
  [/^MmxRead$/, (r) => `V${r.a}, MM${r.b}`],
  [/^Mmx/, () => ''],
  [/^MovFromVector/, (r) => `${register(r.a)}, V${r.b}`],
  [/^Float$/, printFloat],
  [/^X87$/, printX87],
  [/^(Load|Store)/, (r) => `${register(r.a)}, ${segment(r.n >> 4)}:[${address(r, r.n & 3)}]`],
  [/^Lea/, (r) => `${register(r.a)}, [${address(r, r.n)}]`],
  [/^Segment/, (r) => `${register(r.a)}, ${segment(r.n & SEGMENT_MASK)}:${register(r.b)}, ${r.low}`],
  [/^(Cmov)/, (r) => `${register(r.a)}, ${register(r.b)}, cc${r.n}`],
  [/^Setcc$/, (r) => `${register(r.a)}, cc${r.n}`],
  [/^(Next|Jmp|CallRel32|CallRel64)$/, (r) => `${r.low} (${r.high}), c${r.c}`],
  [/^Jcc$/, (r) => `cc${r.n}, ${r.low} (${r.high}), c${r.c}`],
  [/^Loop$/, (r) => `n${r.n}, b${r.b}, ${r.low} (${r.high}), c${r.c}`],
  [/^(JmpReg|CheckTarget)$/, (r) => `${register(r.b)}, c${r.c}`],
  [/^(Mul|Imul|Div|Idiv)\d+$/, (r) => register(r.b)],
  [/^(Inc|Dec|Neg|Not|Bswap|Push|Pop)\d+$/, (r) => register(r.a)],
  [/^(Rol|Ror|Rcl|Rcr|Shl|Shr|Sar)(Quiet)?RI/, (r) => `${register(r.a)}, ${r.n}`],
  [/^Rorx/, (r) => `${register(r.a)}, ${register(r.b)}, n${r.n}`],
  [
    /^(Shld|Shrd|Andn|Bextr|Bzhi|Pdep|Pext|Mulx|Sarx|Shlx|Shrx)/,
    (r) => `${register(r.a)}, ${register(r.b)}, ${register(r.c)}`,
  ],
  [/^Imul3/, (r) => `${register(r.a)}, ${register(r.b)}, ${immediate(r)}`],
  [/RI\d+$/, (r) => `${register(r.a)}, ${immediate(r)}`],
  [/^(Aam|Aad)$/, (r) => immediate(r)],
  [/^(Clc|Stc|Cmc|Cld|Std|Sahf|Lahf|Salc|Daa|Das|Aaa|Aas)$/, () => ''],
  [/./, (r) => `${register(r.a)}, ${register(r.b)}`],
];

function printer(name: string): Print {
  const row = PRINTERS.find(([pattern]) => pattern.test(name));
  return row?.[1] ?? (() => '');
}

/** Operands of a core function as they are: what they mean is in abi/sys-op.ts. */
function printSystem(r: UopRecord): string {
  const op = SysOp[r.low & 0xffff] ?? 'SysOp(?)';
  return `${op} a${r.a} b${r.b} c${r.c} n${r.n} ${r.low >>> 16} ${r.high}`;
}

function printVector(operations: Record<number, string>, r: UopRecord): string {
  const form = (r.low >> 16) & 0xf;
  const isMmx = form >= VectorForm.Mmx;
  const name = (number: number) => (isMmx && number < VectorRegister.T0 ? `MM${number}` : `V${number}`);
  const third = r.n === 0 ? '' : `, ${name(r.n)}`;
  const registers = `${name(r.a)}, ${name(r.b)}, ${name(r.c)}${third}`;
  return `${operations[r.low & 0xffff]} ${VectorForm[form] ?? ''} ${registers}, ${r.high}`;
}

/** Only fused operations have an order of operands. */
function printFloat(r: UopRecord): string {
  const format = FloatFormat[(r.low >> FLOAT_FORMAT_SHIFT) & 3];
  const text = `${printVector(FloatOp, r)} ${format}`;
  return text.startsWith('F') ? `${text} ${FusedOrder[(r.low >> FUSED_ORDER_SHIFT) & 3]}` : text;
}

/** The opcode is that of FOP. Behind the operand, the bits of its address if they are not 64. */
function printX87(r: UopRecord): string {
  const width = (r.low >>> X87_ADDRESS_WIDTH_SHIFT) & 3;
  const opcode = ((r.low >>> X87_OPCODE_SHIFT) & 0x7ff).toString(16).toUpperCase().padStart(3, '0');
  const operation = `${X87Op[r.low & 0xffff]} ${r.a} ${opcode}h`;
  if (width === 0) return r.n === 0 ? operation : `${operation} cc${r.n}`;
  const operand = address({ ...r, low: r.high, high: r.high >> 31 }, r.n & 3);
  const size = width === 3 ? '' : ` ${8 << width}`;
  const given = (r.n & X87_ADDRESS_GIVEN) === 0 ? '' : ' at Address';
  return `${operation} ${segment(r.n >> 4)}:[${operand}]${size}${given}`;
}

function address(r: UopRecord, scale: number): string {
  const index = r.c === Reg.Zero ? '' : ` + ${register(r.c)}*${1 << scale}`;
  return `${register(r.b)}${index} + ${immediate(r)}`;
}

function immediate({ low, high }: UopRecord): string {
  if (high === low >> 31) return String(low);
  return `${(high >>> 0).toString(16)}_${(low >>> 0).toString(16).padStart(8, '0')}h`;
}

function segment(index: number): string {
  return Seg[index] ?? `Seg(${index})`;
}

/** Name of a register; `.1` marks AH, CH, DH and BH. */
function register(offset: number): string {
  const name = Reg[offset & ~7] ?? `Reg(${offset})`;
  return (offset & 7) === 0 ? name : `${name}.${offset & 7}`;
}
