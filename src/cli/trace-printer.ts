/** `--trace`: one line for each exit, injection and NMI event, with instruction count, RIP and disassembly. */
import type { createDisassembler, SymbolTable, TraceEvent, Vm } from '../index.js';

type Disassembler = Awaited<ReturnType<typeof createDisassembler>>;

const TIME_COLUMNS = 10;
const KIND_COLUMNS = 11;
const WHAT_COLUMNS = 34;

export class TracePrinter {
  private vm: Vm | undefined;

  constructor(
    private readonly write: (line: string) => void,
    private readonly disassembler: Disassembler,
    private readonly symbols: SymbolTable,
  ) {}

  /** The machine whose events come; it exists only after its listener. */
  attach(vm: Vm): void {
    this.vm = vm;
  }

  readonly print = (event: TraceEvent): void => {
    if (event.kind === 'serial') return; // the output is shown as it is
    const time = `${event.time}`.padStart(TIME_COLUMNS);
    const what = describe(event).padEnd(WHAT_COLUMNS);
    this.write(`${time}  ${event.kind.padEnd(KIND_COLUMNS)}  ${what}  ${this.locate(event.rip)}\n`);
  };

  /** Address, instruction, and the symbol it belongs to. */
  private locate(rip: bigint): string {
    const address = `${rip.toString(16).padStart(8, '0')}h`;
    const code = this.vm?.codeAt(rip);
    if (!code || code.bytes.length === 0) return address;
    const { text } = this.disassembler.format(code.bytes, code.bits, rip);
    const symbol = this.symbols.lookup(rip) ? `  ; ${this.symbols.format(rip)}` : '';
    return `${address}  ${text}${symbol}`;
  }
}

function describe(event: Exclude<TraceEvent, { kind: 'serial' }>): string {
  switch (event.kind) {
    case 'exit':
      return `${event.exit} (${event.cause})${event.detail === '' ? '' : ` ${event.detail}`}`;
    case 'inject':
      return event.event;
    case 'nmi-request':
      return `#${event.request}`;
    case 'nmi-deliver':
      return `#${event.request} ${event.how}`;
    case 'nmi-return':
      return event.running === 0 ? '' : `${event.running} still running`;
    case 'nmi-merge':
    case 'nmi-lost':
      return `#${event.request} ${event.reason}`;
    case 'nmi-mask':
      return event.isMasked ? 'masked' : 'open';
    case 'shadow':
      return event.isInShadow ? 'begins' : 'over';
    case 'mark':
      return `${event.value}`;
  }
}
