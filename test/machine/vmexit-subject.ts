/** Scenarios in vmexit: a virtual machine without a ROM, which enters the kernel as the ROM would. */
import { DEFAULT_STRATEGY } from '../../src/create-vm.js';
import { cpuModel, DEFAULT_CPU } from '../../src/decode/cpu-models.js';
import { layOut } from '../../src/hypervisor/memory-layout.js';
import { requireStrategy } from '../../src/hypervisor/nmi/strategies.js';
import { describeStop } from '../../src/hypervisor/run-result.js';
import type { StopReason } from '../../src/hypervisor/run-result.js';
import { Vm } from '../../src/hypervisor/vm.js';
import { piece, type LoadedGuest } from '../../src/loader/image.js';
import { enterProtectedMode, PAGE_BYTES } from '../../src/loader/protected-mode.js';
import { SymbolTable } from '../../src/loader/symbols.js';
import { Processor } from '../../src/svm/processor.js';
import { IMAGE } from './arena.js';
import { type Emulator, MEMORY_MEGABYTES } from './emulators.js';

const MEMORY_BYTES = MEMORY_MEGABYTES << 20;
/** For one start of the kernel. */
const MOST_INSTRUCTIONS = 2_000_000_000;

/** What executes: the interpreter, or compiled code wherever there can be any, from the first execution on. */
const TIERS = { interpreter: { jit: false }, compiled: { hotThreshold: 1 } } as const;

/** Compared like an emulator, but nothing excuses a difference. */
export const compiledTier: Emulator = {
  name: 'the compiled tier',
  rulings: [],
  isPresent: () => true,
  run: (image) => runInVmexit(image, 'compiled'),
};

/** What the image prints at port E9h. A line that begins with U says why the machine stopped otherwise than by a triple fault. */
export async function runInVmexit(
  image: Uint8Array,
  tier: keyof typeof TIERS = 'interpreter',
): Promise<string> {
  let memory = new Uint8Array(MEMORY_BYTES - PAGE_BYTES);
  memory.set(image, IMAGE);
  let text = '';
  while (true) {
    const vm = await machineWith(memory, tier);
    const { stop, serialText } = vm.run({ maxInstructions: MOST_INSTRUCTIONS });
    text += serialText;
    if (stop.kind === 'exit' || stop.kind === 'budget') return text + describeEnd(stop);
    // The machine starts again with the memory that it had, as after a reset.
    text += describeEnd(stop);
    memory = vm.memory.read(0, memory.length).slice();
  }
}

async function machineWith(memory: Uint8Array, tier: keyof typeof TIERS): Promise<Vm> {
  const layout = layOut(MEMORY_BYTES);
  const processor = await Processor.create({ memoryBytes: layout.totalBytes, ...TIERS[tier] });
  const disassemble = (): string => 'an instruction';
  const policy = {
    cpu: cpuModel(DEFAULT_CPU).name,
    nmi: requireStrategy(DEFAULT_STRATEGY),
    nmiSchedule: [],
  } as const;
  return new Vm({ processor, layout, guest: kernelIn(memory), ...policy, disassemble });
}

function describeEnd(stop: StopReason): string {
  return stop.kind === 'exit' || stop.kind === 'triple-fault' ? '' : `U ${describeStop(stop)}\n`;
}

/** The loader keeps a page at the top for its GDT. */
function kernelIn(memory: Uint8Array): LoadedGuest {
  const { entry, pieces } = enterProtectedMode(IMAGE, MEMORY_BYTES);
  return {
    format: 'flat',
    entry,
    pieces: [piece('memory', 0, memory), ...pieces],
    symbols: SymbolTable.EMPTY,
  };
}
