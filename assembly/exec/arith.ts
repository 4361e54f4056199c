/** ADD ADC SUB SBB CMP INC DEC NEG CMPXCHG (APM vol 3). Operands: byte offsets of registers, or values of width T. */
import { carryFlag, setAddFlags, setDecFlags, setIncFlags, setSubFlags } from '../flags';
import { register, setRegister } from '../state';

/** dst ← dst + right. */
export function add<T extends number>(dst: u32, right: T): void {
  const left = register<T>(dst);
  const sum = <T>(left + right);
  setRegister<T>(dst, sum);
  setAddFlags<T>(left, right, sum);
}

/** dst ← dst + right + CF. */
export function adc<T extends number>(dst: u32, right: T): void {
  const left = register<T>(dst);
  const sum = <T>(left + right + <T>carryFlag());
  setRegister<T>(dst, sum);
  setAddFlags<T>(left, right, sum);
}

/** dst ← dst − right. */
export function sub<T extends number>(dst: u32, right: T): void {
  const left = register<T>(dst);
  const difference = <T>(left - right);
  setRegister<T>(dst, difference);
  setSubFlags<T>(left, right, difference);
}

/** dst ← dst − right − CF. */
export function sbb<T extends number>(dst: u32, right: T): void {
  const left = register<T>(dst);
  const difference = <T>(left - right - <T>carryFlag());
  setRegister<T>(dst, difference);
  setSubFlags<T>(left, right, difference);
}

/** Flags of left − right. */
export function cmp<T extends number>(left: u32, right: T): void {
  const value = register<T>(left);
  setSubFlags<T>(value, right, <T>(value - right));
}

/** dst ← dst + 1; CF is kept. */
export function inc<T extends number>(dst: u32): void {
  const left = register<T>(dst);
  const sum = <T>(left + <T>1);
  setRegister<T>(dst, sum);
  setIncFlags<T>(left, sum);
}

/** dst ← dst − 1; CF is kept. */
export function dec<T extends number>(dst: u32): void {
  const left = register<T>(dst);
  const difference = <T>(left - <T>1);
  setRegister<T>(dst, difference);
  setDecFlags<T>(left, difference);
}

/** dst ← 0 − dst. */
export function neg<T extends number>(dst: u32): void {
  const value = register<T>(dst);
  const negated = <T>(<T>0 - value);
  setRegister<T>(dst, negated);
  setSubFlags<T>(<T>0, value, negated);
}

/** Compares rAX with the memory operand in `operand` and prepares what CMPXCHG stores in `stored`. */
export function cmpxchg<T extends number>(operand: u32, source: u32, stored: u32): void {
  const memory = register<T>(operand);
  const accumulator = register<T>(0);
  setSubFlags<T>(accumulator, memory, <T>(accumulator - memory));
  if (accumulator == memory) {
    setRegister<T>(stored, register<T>(source));
  } else {
    setRegister<T>(stored, memory);
    setRegister<T>(0, memory);
  }
}
