/** The machine that numbers come from: without it they mean nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

export interface Machine {
  /** Model, family and model number of the processor. */
  readonly processor: string;
  readonly cores: number;
  readonly node: string;
  readonly v8: string;
}

const CPU_INFO = '/proc/cpuinfo';

export function describeMachine(): Machine {
  const { node, v8 } = process.versions;
  return { processor: processorName(), cores: availableParallelism(), node, v8 };
}

/** Linux knows family and model, which names like "AMD EPYC" in virtual machines leave open. */
function processorName(): string {
  const name = cpus()[0]?.model.trim() ?? process.arch;
  if (!existsSync(CPU_INFO)) return name;
  const text = readFileSync(CPU_INFO, 'utf8');
  const field = (key: string) => new RegExp(`^${key}\\s*: (.+)$`, 'm').exec(text)?.[1];
  const [family, model] = [field('cpu family'), field('model')];
  return family === undefined || model === undefined ? name : `${name}, family ${family} model ${model}`;
}

export function machineLine({ processor, cores, node }: Machine): string {
  return `${processor}, ${cores} cores; Node ${node}`;
}
