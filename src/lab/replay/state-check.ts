/** Looks at a machine as recordings do. */
import type { RunResult } from '../../hypervisor/run-result.js';
import type { Vm } from '../../hypervisor/vm.js';
import { CHECKED_REGISTERS, type RecordedEnd, type StateCheck } from './recording.js';

export function checkState(vm: Vm): StateCheck {
  return {
    time: vm.time,
    hash: vm.stateHash(),
    registers: CHECKED_REGISTERS.map((name) => vm.registers.get(name)),
  };
}

export function checkEnd(vm: Vm, { stop, instructions, exits, nmi, serial }: RunResult): RecordedEnd {
  const { requested, delivered, merged, lost, pending, maxNesting } = nmi;
  return {
    ...checkState(vm),
    stop: stop.kind,
    instructions,
    exits,
    nmi: { requested, delivered, merged, lost, pending, maxNesting },
    printed: serial.length,
  };
}
