/** One guest under one delivery, with all that a sweep asks of it: a recorder, marks to return to, a disassembler. */
import { createDisassembler, createVm, type CreateVmOptions } from '../../create-vm.js';
import type { Checkpoint } from '../../hypervisor/checkpoint.js';
import type { CustomStrategy, StrategyName } from '../../hypervisor/nmi/strategies.js';
import type { StopReason } from '../../hypervisor/run-result.js';
import type { Vm } from '../../hypervisor/vm.js';
import { Recorder, type RecorderMark } from './recorder.js';

export type Disassembler = Awaited<ReturnType<typeof createDisassembler>>;

/** The guest and its processor, as `createVm` takes them. */
export type GuestOptions = Omit<CreateVmOptions, 'nmi' | 'nmiSchedule' | 'onTrace' | 'onSerial'>;

export interface Mark {
  readonly point: Checkpoint;
  readonly recorder: RecorderMark;
  readonly time: number;
}

export class SweepMachine {
  private constructor(
    readonly vm: Vm,
    readonly recorder: Recorder,
    readonly disassembler: Disassembler,
  ) {}

  /** The guest is about to execute its first instruction; it gets no NMIs but those that it asks for. */
  static async create(guest: GuestOptions, nmi: StrategyName | CustomStrategy): Promise<SweepMachine> {
    const recorder = new Recorder();
    const [vm, disassembler] = await Promise.all([
      createVm({ ...guest, nmi, onTrace: recorder.listener }),
      createDisassembler(),
    ]);
    recorder.attach(vm);
    return new SweepMachine(vm, recorder, disassembler);
  }

  /** What is recorded from here on has happened after the mark. */
  mark(): Mark {
    const mark = { point: this.vm.checkpoint(), recorder: this.recorder.mark(), time: this.vm.time };
    this.recorder.returnTo(mark.recorder);
    return mark;
  }

  returnTo(mark: Mark): void {
    this.vm.returnTo(mark.point);
    this.recorder.returnTo(mark.recorder);
  }

  release({ point }: Mark): void {
    point.release();
  }

  /** Runs until the machine's time is `time`, or the guest ends before. */
  runTo(time: number): StopReason {
    return this.vm.advance({ maxInstructions: Math.max(0, time - this.vm.time) });
  }

  /** The instruction at CS:`rip`, as text; empty where there is none. */
  instructionAt(rip: bigint): string {
    const { bytes, bits } = this.vm.codeAt(rip);
    return bytes.length === 0 ? '' : this.disassembler.format(bytes, bits, rip).text;
  }
}
