/** What one VMRUN, one guest instruction and one #VMEXIT cost together: the guest is a VMMCALL in real mode. */
import { Bench } from 'tinybench';
import { TlbControl } from '../assembly/abi/vmcb-layout.js';
import { BareGuest, CODE } from '../test/helpers/bare-guest.js';

const VMMCALL = [0x0f, 0x01, 0xd9];
/** Round trips of one sample: the clock is too coarse for one. */
const ROUND_TRIPS = 10_000;
const TIME_MS = 1500;
const WARMUP_MS = 500;

export interface SwitchCost {
  readonly nanoseconds: number;
  readonly marginPercent: number;
}

export async function measureWorldSwitch(): Promise<SwitchCost> {
  const guest = (await BareGuest.create()).real(VMMCALL);
  const { processor, vmcb } = guest;
  vmcb.set('tlbControl', TlbControl.Nothing); // the guest asks for a flush, as a hypervisor does once
  const bench = new Bench({ name: 'world switch', time: TIME_MS, warmupTime: WARMUP_MS });
  bench.add('VMRUN to #VMEXIT(VMMCALL) and back', () => {
    for (let i = 0; i < ROUND_TRIPS; i++) {
      const exit = processor.vmrun(vmcb);
      if (exit.kind !== 'vmmcall') throw new Error(`unexpected exit: ${exit.kind}`);
    }
  });
  await bench.run();
  if (vmcb.get('rip') !== BigInt(CODE)) throw new Error('the guest has moved');
  const result = bench.tasks[0]?.result;
  if (result?.state !== 'completed') throw new Error('the benchmark did not complete');
  return { nanoseconds: (result.latency.mean * 1e6) / ROUND_TRIPS, marginPercent: result.latency.rme };
}
