/** KVM's single step: what it hides from the guest, and the two warts that a guest with a TF of its own can see. */
import { describe, expect, it } from 'vitest';
import { Debug, Rflags } from '../../../assembly/abi/processor-bits.js';
import { VMCB_BYTES } from '../../../assembly/abi/vmcb-layout.js';
import { KvmSingleStep } from '../../../src/hypervisor/nmi/kvm-single-step.js';
import { Vmcb } from '../../../src/svm/vmcb.js';
import { exit, IRET, nops, realModeGuest, WARM_STACK } from '../../helpers/real-mode-guest.js';
import { tracedRun } from '../../helpers/traced-run.js';

const { Tf, Rf, If, Always1 } = Rflags;
const FLAGS = If | Always1;

function stepping(flags: number): { vmcb: Vmcb; step: KvmSingleStep } {
  const vmcb = new Vmcb(new DataView(new ArrayBuffer(VMCB_BYTES)), 0);
  vmcb.setNumber('rflags', flags);
  vmcb.setNumber('dr6', Debug.Dr6Reset);
  const step = new KvmSingleStep(vmcb);
  step.arm();
  return { vmcb, step };
}

describe('RFLAGS', () => {
  // prettier-ignore
  it.each([
    ['sets TF and RF',                     FLAGS],
    ['keeps a TF of the guest',            FLAGS | Tf],
    ['keeps a RF of the guest',            FLAGS | Rf],
  ])('%s while it steps, and hides its own', (_rule, flags) => {
    const { vmcb, step } = stepping(flags);
    expect(vmcb.low('rflags')).toBe(flags | Tf | Rf);
    expect(step.guestFlags()).toBe(flags);
    step.disarm();
    expect(vmcb.low('rflags')).toBe(flags);
  });

  it('lose a TF that the IRET popped, as in KVM', () => {
    const { vmcb, step } = stepping(FLAGS);
    vmcb.setNumber('rflags', FLAGS | Tf);
    step.finish();
    expect(vmcb.low('rflags')).toBe(FLAGS);
  });

  it('survive a window that is opened twice', () => {
    const { vmcb, step } = stepping(FLAGS);
    step.arm();
    step.disarm();
    expect(vmcb.low('rflags')).toBe(FLAGS);
  });
});

describe('the #DB at the end of the step', () => {
  it.each([0, Debug.Dr6Bs])('leaves the guest the DR6 that it had (causes %i)', (causes) => {
    const { vmcb, step } = stepping(FLAGS);
    step.disarm();
    vmcb.setLow('dr6', (Debug.Dr6Reset | causes) >>> 0);
    step.arm();
    vmcb.setLow('dr6', (Debug.Dr6Reset | Debug.Dr6Bs | 1) >>> 0);
    step.finish();
    expect(vmcb.low('dr6')).toBe((Debug.Dr6Reset | causes) >>> 0);
  });
});

describe('a guest that single-steps itself', () => {
  /** pushf; or byte [bp+1], TF >> 8 on the stack; popf: TF is set. */
  const SET_TF = [0x9c, 0x89, 0xe5, 0x80, 0x4e, 0x01, 0x01, 0x9d];
  /** pushf; and byte [bp+1], ~(TF >> 8); popf */
  const CLEAR_TF = [0x9c, 0x89, 0xe5, 0x80, 0x66, 0x01, 0xfe, 0x9d];
  const STEPS = 0x710;
  /** inc word [STEPS]; iret */
  const COUNT_STEP = [0xff, 0x06, STEPS & 0xff, STEPS >> 8, ...IRET];
  /** mov al, [STEPS]; out 0F4h, al: the status is the number of #DBs. */
  const EXIT_WITH_STEPS = [0xa0, STEPS & 0xff, STEPS >> 8, 0xe6, 0xf4];
  const guest = realModeGuest({
    main: [...WARM_STACK, ...SET_TF, ...nops(20), ...CLEAR_TF, ...EXIT_WITH_STEPS, ...exit(0xff)],
    handlers: { 1: COUNT_STEP },
  });

  it.each(['kvm-vnmi', 'xen-event-injection', 'xen-vnmi'] as const)(
    'counts the same steps under %s with NMIs as without',
    async (strategy) => {
      const quiet = await tracedRun(guest, strategy);
      expect(quiet.result.stop).toEqual({ kind: 'exit', status: 20 + 4 });
      for (let at = 6; at < 40; at++) {
        const { result } = await tracedRun(guest, strategy, [at, at, at + 2, at + 3]);
        expect(result.stop, `NMIs from ${at} on`).toEqual(quiet.result.stop);
        expect(result.nmi.delivered).toBeGreaterThanOrEqual(1);
      }
    },
  );

  it('misses steps of its own under kvm-event-injection, and is never told of one that it did not ask for', async () => {
    const quiet = await tracedRun(guest, 'kvm-event-injection');
    const statuses = [];
    for (let at = 6; at < 40; at++) {
      const { stop } = (await tracedRun(guest, 'kvm-event-injection', [at, at, at + 2, at + 3])).result;
      statuses.push(stop.kind === 'exit' ? stop.status : NaN);
    }
    expect(quiet.result.stop).toEqual({ kind: 'exit', status: 20 + 4 });
    expect(Math.max(...statuses)).toBe(20 + 4);
    expect(Math.min(...statuses)).toBeLessThan(20 + 4);
  });
});
