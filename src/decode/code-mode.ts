/** What of the processor's mode decides how code is decoded and lowered. */
import { Mode } from '../../assembly/abi/processor-bits.js';
import { Width } from '../../assembly/abi/width.js';

export class CodeMode {
  /** The code size as a width: what the instruction pointer is truncated to. */
  codeWidth = Width.Word;
  is64Bit = false;
  isFlat = false;
  isRealOrV86 = false;
  isStep = false;
  isExact = false;
  stackPointerWidth = Width.Word;
  // What decides whether x87, media and vector instructions are available.
  isTaskSwitched = false;
  isEmulated = false;
  isMonitoringCoprocessor = false;
  hasOsfxsr = false;
  hasAvx = false;

  /** Takes the bits of a `Mode`. */
  set(mode: number): void {
    this.codeWidth = (mode & Mode.CodeSize) + 1;
    this.is64Bit = this.codeWidth === Width.Qword;
    this.isFlat = (mode & Mode.Flat) !== 0;
    this.isRealOrV86 = (mode & Mode.RealOrV86) !== 0;
    this.isStep = (mode & Mode.Step) !== 0;
    this.isExact = (mode & (Mode.Step | Mode.Exact)) !== 0;
    this.isTaskSwitched = (mode & Mode.TaskSwitched) !== 0;
    this.isEmulated = (mode & Mode.Emulate) !== 0;
    this.isMonitoringCoprocessor = (mode & Mode.MonitorCoprocessor) !== 0;
    this.hasOsfxsr = (mode & Mode.Osfxsr) !== 0;
    this.hasAvx = (mode & Mode.Avx) !== 0;
    const legacyStack = (mode & Mode.Stack32) !== 0 ? Width.Dword : Width.Word;
    this.stackPointerWidth = this.is64Bit ? Width.Qword : legacyStack;
  }
}
