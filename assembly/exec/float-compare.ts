/** CMPPS and its like, and COMISS and its like (APM vol 4). */
import { FloatOp } from '../abi/float-op';
import { Rflags } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import { setStatusFlags } from '../flags';
import { compare } from '../softfloat/compare';
import { FloatException } from '../softfloat/environment';
import { isNan, isSignalling, operandA, operandB } from '../softfloat/number';
import { UopRecord } from '../uop-record';
import { vectorAddress } from '../vector-file';
import { beginFloat, finishFloat, signalLane } from './float-environment';
import { compareToFlagsFast } from './float-fast-scalar';
import { unpackOperand } from './float-operand';
import { isQuietPredicate, Relation, relationsOf } from './float-predicate';

/** All ones if the predicate holds. */
export function compareLane<T extends number>(predicate: u32, a: T, b: T): T {
  const relation = relationOf<T>(a, b, isQuietPredicate(predicate));
  return (relationsOf(predicate) & relation) != 0 ? <T>-1 : <T>0;
}

/** A `Relation`; signals what the comparison does. */
function relationOf<T extends number>(a: T, b: T, isQuiet: bool): u32 {
  const x = operandA();
  const y = operandB();
  unpackOperand<T>(a, x);
  unpackOperand<T>(b, y);
  if (isNan(x) || isNan(y)) {
    if (!isQuiet || isSignalling(x) || isSignalling(y)) signalLane(FloatException.Invalid);
    return Relation.Unordered;
  }
  if ((x.isDenormal | y.isDenormal) != 0) signalLane(FloatException.Denormal);
  const order = compare(x, y);
  if (order == 0) return Relation.Equal;
  return order < 0 ? Relation.Less : Relation.Greater;
}

/** COMISS, UCOMISS on lanes F, whose bits are T: ZF, PF and CF; the other status flags become zero. */
export function compareToFlags<T extends number, F extends number>(uop: UopRecord, op: FloatOp): Flow {
  if (compareToFlagsFast<F>(uop)) return Flow.Next;
  beginFloat();
  const a = load<T>(vectorAddress(uop.b));
  const b = load<T>(vectorAddress(uop.c));
  const relation = relationOf<T>(a, b, op == FloatOp.Ucomi);
  if (finishFloat() != Flow.Next) return Flow.Abort;
  setStatusFlags(flagsOf(relation));
  return Flow.Next;
}

function flagsOf(relation: u32): u32 {
  switch (relation) {
    case Relation.Less:
      return Rflags.Cf;
    case Relation.Equal:
      return Rflags.Zf;
    case Relation.Greater:
      return 0;
    default:
      return Rflags.Zf | Rflags.Pf | Rflags.Cf;
  }
}
