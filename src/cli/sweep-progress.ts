/** How far a sweep is, on a terminal: its rate of late, and the time that is left at that. */
import type { SweepProgress } from '../lab/index.js';
import type { ProgressLine } from './terminal.js';

/** The beginning, when threads start and code is compiled, says little about what follows. */
const OF_LATE_MS = 10_000;

interface Sample {
  readonly at: number;
  readonly done: number;
  readonly probes: number;
}

export class SweepProgressLine {
  private readonly samples: Sample[] = [];

  /** @param now Milliseconds. */
  constructor(
    private readonly guest: string,
    private readonly line: Pick<ProgressLine, 'show' | 'clear'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  show({ done, total, probes }: Pick<SweepProgress, 'done' | 'total' | 'probes'>): void {
    const at = this.now();
    this.samples.push({ at, done, probes });
    while (this.samples.length > 2 && this.since.at < at - OF_LATE_MS) this.samples.shift();
    const { since } = this;
    const seconds = Math.max(at - since.at, 1) / 1000;
    const rate = Math.round((probes - since.probes) / seconds);
    const units = done - since.done;
    const left = units === 0 ? '' : `, ${duration((seconds / units) * (total - done))} left`;
    this.line.show(`${this.guest}: ${done}/${total} units, ${rate} runs/s${left}`);
  }

  private get since(): Sample {
    return this.samples[0] ?? { at: 0, done: 0, probes: 0 };
  }

  clear(): void {
    this.line.clear();
  }
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
