/** The streams that a command writes to, and what they can show. */
import { styleText } from 'node:util';

export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface Terminal {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ctrl-C, or SIGTERM. */
  readonly signal: AbortSignal;
}

/** Bold on a terminal, plain elsewhere and under NO_COLOR (no-color.org). */
export function bold(text: string, stream: Stream, { environment }: Terminal): string {
  const isPlain =
    stream.isTTY !== true || (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return isPlain ? text : styleText('bold', text, { validateStream: false });
}

/** A line on stderr that is replaced as work goes on; nothing where stderr is no terminal. */
export class ProgressLine {
  private isShown = false;

  constructor(
    private readonly stream: Stream,
    private readonly isEnabled: boolean,
  ) {}

  show(text: string): void {
    if (!this.isEnabled || this.stream.isTTY !== true) return;
    this.stream.write(`\r\x1b[K${text}`);
    this.isShown = true;
  }

  clear(): void {
    if (this.isShown) this.stream.write('\r\x1b[K');
    this.isShown = false;
  }
}

/** Notes are lines on stderr, unless they are not wanted. */
export function noteOn(
  { stderr }: Terminal,
  { quiet }: Readonly<Record<string, unknown>>,
): (text: string) => void {
  return (text) => {
    if (!quiet) stderr.write(`vmexit: ${text}\n`);
  };
}
