/** PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM (APM vol 4 §1.5). */
import { StringCompare } from '../abi/string-compare';
import { Reg } from '../abi/register';
import { Flow } from '../abi/stop';
import { setStatusFlags } from '../flags';
import { register, setRegister } from '../state';
import { UopRecord } from '../uop-record';
import { clearUpperHalf, vectorAddress } from '../vector-file';

const CF: u32 = 0x1;
const ZF: u32 = 0x40;
const SF: u32 = 0x80;
const OF: u32 = 0x800;

/** What is done with the comparisons of all elements: bits 3:2 of the immediate. */
enum Aggregation {
  EqualAny,
  Ranges,
  EqualEach,
  EqualOrdered,
}

/** a, b = the vectors; param = imm8; imm32 = `StringCompare` bits. The result goes to rCX or XMM0. */
export function compareStrings(uop: UopRecord): Flow {
  switch (((<i32>uop.imm) >> 16) & 3) {
    case 0:
      compareElements<u8>(uop);
      break;
    case 1:
      compareElements<u16>(uop);
      break;
    case 2:
      compareElements<i8>(uop);
      break;
    default:
      compareElements<i16>(uop);
      break;
  }
  return Flow.Next;
}

function compareElements<T extends number>(uop: UopRecord): void {
  const control = (<u32>(uop.imm >> 16)) & 0xff;
  const form = <u32>(uop.imm >> 32);
  const first = vectorAddress(uop.a);
  const second = vectorAddress(uop.b);
  const isExplicit = (form & StringCompare.ExplicitLength) != 0;
  const firstLength = isExplicit ? givenLength<T>(Reg.Rax, form) : implicitLength<T>(first);
  const secondLength = isExplicit ? givenLength<T>(Reg.Rdx, form) : implicitLength<T>(second);
  const firstValid = ((<u32>1) << firstLength) - 1;
  const secondValid = ((<u32>1) << secondLength) - 1;
  const aggregated = aggregate<T>((control >> 2) & 3, first, firstValid, second, secondValid);
  const result = aggregated ^ inversion<T>((control >> 4) & 3, secondValid);
  if ((form & StringCompare.Mask) != 0) writeMask<T>(control, form, result);
  else setRegister<u32>(Reg.Rcx, indexOf<T>(control, result));
  const flags = (result != 0 ? CF : 0) | ((result & 1) != 0 ? OF : 0);
  setStatusFlags(flags | (secondLength < elements<T>() ? ZF : 0) | (firstLength < elements<T>() ? SF : 0));
}

/** Elements in a vector. */
function elements<T extends number>(): u32 {
  return 16 / sizeof<T>();
}

/** One bit for each element. */
function all<T extends number>(): u32 {
  return ((<u32>1) << elements<T>()) - 1;
}

/** The absolute value of a register, at most the number of elements. */
function givenLength<T extends number>(reg: u32, form: u32): u32 {
  const isWide = (form & StringCompare.WideLength) != 0;
  const value = isWide ? register<i64>(reg) : <i64>register<i32>(reg);
  const length = <u64>(value < 0 ? -value : value);
  return length < elements<T>() ? <u32>length : elements<T>();
}

/** Elements before the first that is zero. */
function implicitLength<T extends number>(vector: u32): u32 {
  const zeros = equalBits<T>(v128.load(vector), i64x2.splat(0));
  return zeros == 0 ? elements<T>() : ctz<u32>(zeros);
}

/** IntRes1: a bit for each element of `second`. */
function aggregate<T extends number>(
  how: u32,
  first: u32,
  firstValid: u32,
  second: u32,
  secondValid: u32,
): u32 {
  const vector = v128.load(second);
  switch (<Aggregation>how) {
    case Aggregation.EqualAny:
      return secondValid & equalAny<T>(first, firstValid, vector);
    case Aggregation.Ranges:
      return secondValid & inRanges<T>(first, firstValid, vector);
    case Aggregation.EqualEach: {
      const bothValid = firstValid & secondValid;
      const bothInvalid = all<T>() & ~(firstValid | secondValid);
      return (equalBits<T>(v128.load(first), vector) & bothValid) | bothInvalid;
    }
    default:
      return equalOrdered<T>(first, firstValid, vector, secondValid);
  }
}

/** Elements that are in the set `first`. */
function equalAny<T extends number>(first: u32, firstValid: u32, vector: v128): u32 {
  let found: u32 = 0;
  for (let i: u32 = 0; firstValid >> i != 0; i++) found |= equalBits<T>(vector, element<T>(first, i));
  return found;
}

/** Elements that lie between two of `first`, a lower and an upper bound. */
function inRanges<T extends number>(first: u32, firstValid: u32, vector: v128): u32 {
  let found: u32 = 0;
  for (let i: u32 = 0; firstValid >> (i + 1) != 0; i += 2) {
    const isAbove = v128.ge<T>(vector, element<T>(first, i));
    const isBelow = v128.le<T>(vector, element<T>(first, i + 1));
    found |= <u32>v128.bitmask<T>(v128.and(isAbove, isBelow));
  }
  return found;
}

/** Elements at which `first` begins, as far as the vector shows. */
function equalOrdered<T extends number>(first: u32, firstValid: u32, vector: v128, secondValid: u32): u32 {
  let found = all<T>();
  for (let i: u32 = 0; firstValid >> i != 0; i++) {
    const equal = secondValid & equalBits<T>(vector, element<T>(first, i));
    const beyond = ~(all<T>() >> i);
    found &= (equal >> i) | beyond;
  }
  return found;
}

function equalBits<T extends number>(left: v128, right: v128): u32 {
  return <u32>v128.bitmask<T>(v128.eq<T>(left, right));
}

/** Element `i` of a vector, in all places. */
function element<T extends number>(vector: u32, i: u32): v128 {
  return v128.splat<T>(load<T>(vector + i * sizeof<T>()));
}

/** The bits of IntRes1 that the polarity inverts: none, all, or those of valid elements. */
function inversion<T extends number>(polarity: u32, secondValid: u32): u32 {
  if ((polarity & 1) == 0) return 0;
  return polarity == 1 ? all<T>() : secondValid;
}

/** The lowest element that is set, or with bit 6 the highest; the number of elements if there is none. */
function indexOf<T extends number>(control: u32, result: u32): u32 {
  if (result == 0) return elements<T>();
  return (control & 0x40) != 0 ? 31 - clz<u32>(result) : ctz<u32>(result);
}

/** XMM0 ← a bit for each element, or with bit 6 of the control byte a whole element. */
function writeMask<T extends number>(control: u32, form: u32, result: u32): void {
  const to = vectorAddress(0);
  v128.store(to, i64x2(result, 0));
  if ((control & 0x40) != 0) {
    for (let i: u32 = 0; i < elements<T>(); i++) {
      store<T>(to + i * sizeof<T>(), <T>(<i32>0 - ((result >> i) & 1)));
    }
  }
  if ((form & StringCompare.ClearUpper) != 0) clearUpperHalf(to);
}
