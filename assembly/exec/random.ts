/**
 * RDRAND and RDSEED (APM vol 3). The numbers follow from the seed that the processor was made with: the same run reads the
 * same ones. There always is one, so CF is always set.
 */
import { Rflags } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import { setStatusFlags } from '../flags';
import { cpu, setRegister } from '../state';
import { UopRecord } from '../uop-record';

/** log2 of the operand's bytes. */
const WORD: u32 = 1;
const DOUBLE: u32 = 2;

/** SplitMix64: a Weyl sequence, mixed (Steele, Lea and Flood, 2014). */
const WEYL: u64 = 0x9e3779b97f4a7c15;
const MIX_1: u64 = 0xbf58476d1ce4e5b9;
const MIX_2: u64 = 0x94d049bb133111eb;

/** a ← a number of c's size; CF is set, the other status flags are cleared. */
export function rdrand(uop: UopRecord): Flow {
  const value = nextRandom();
  if (uop.c == WORD) setRegister<u16>(uop.a, <u16>value);
  else if (uop.c == DOUBLE) setRegister<u32>(uop.a, <u32>value);
  else setRegister<u64>(uop.a, value);
  setStatusFlags(Rflags.Cf);
  return Flow.Next;
}

function nextRandom(): u64 {
  const state = cpu();
  state.randomState += WEYL;
  let value = state.randomState;
  value = (value ^ (value >> 30)) * MIX_1;
  value = (value ^ (value >> 27)) * MIX_2;
  return value ^ (value >> 31);
}
