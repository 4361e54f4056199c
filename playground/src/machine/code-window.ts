/**
 * Which instructions the disassembly shows: a window that stays where it is while RIP moves inside it, so that the eye can
 * follow, and that moves when RIP leaves it.
 */
import type { createDisassembler, Vm } from 'vmexit';
import type { GuestSource } from './guest-source.js';
import type { CodeRow } from './view.js';

const ROWS = 48;
/** Instructions of the source before RIP that are shown with it. */
const ROWS_BEFORE = 8;
/** RIP is not shown among the last rows: what comes next should be seen. */
const ROWS_AFTER = 6;

/** As the formatter writes addresses: `jne short 0000000000100115h`, in 16-bit code `call 7C07h`. */
const ADDRESS = /\b[\dA-F]{4,}h\b/g;
/** All but one, and not the one before a letter. */
const LEADING_ZEROS = /^0+(?=0[A-F]|\d)/;
const BRANCH = /^(?:j\w+|call|loop\w*)\b/;

type Disassembler = Awaited<ReturnType<typeof createDisassembler>>;

export class CodeWindow {
  private start: bigint | null = null;

  constructor(
    private readonly disassembler: Disassembler,
    private readonly source: GuestSource,
    /** Where the guest starts: what lies before may be a header. */
    private readonly entry: bigint,
  ) {}

  around(vm: Vm, address: bigint, bits: 16 | 32 | 64): CodeRow[] {
    if (this.start !== null && this.start <= address) {
      const rows = this.rowsFrom(vm, this.start, bits);
      const index = rows.findIndex((row) => row.address === address);
      if (index >= 0 && index < ROWS - ROWS_AFTER) return rows;
    }
    this.start = this.startBefore(address);
    const rows = this.rowsFrom(vm, this.start, bits);
    if (rows.some((row) => row.address === address)) return rows;
    // Data between the instructions, or code that has changed since.
    this.start = address;
    return this.rowsFrom(vm, address, bits);
  }

  private startBefore(address: bigint): bigint {
    const { starts } = this.source;
    const index = starts.indexOf(Number(address));
    const start = BigInt(starts[Math.max(0, index - ROWS_BEFORE)] ?? address);
    if (index < 0) return address;
    return address >= this.entry && start < this.entry ? this.entry : start;
  }

  private rowsFrom(vm: Vm, start: bigint, bits: 16 | 32 | 64): CodeRow[] {
    const rows: CodeRow[] = [];
    let address = start;
    const mask = bits === 64 ? 64 : 32;
    while (rows.length < ROWS) {
      const { bytes } = vm.virtual.read(address, 15);
      if (bytes.length === 0) break;
      const { text, length } = this.disassembler.format(bytes, bits, address);
      rows.push({
        address,
        bytes: bytes.slice(0, length),
        text: this.withNames(text),
        label: this.source.label(address),
        line: this.source.lineStartingAt(address),
      });
      address = BigInt.asUintN(mask, address + BigInt(length));
    }
    return rows;
  }

  /** Branch targets by their labels; other numbers without the zeros that pad them to 64 bits. */
  private withNames(text: string): string {
    return text.replaceAll(ADDRESS, (number) => {
      const value = BigInt(`0x${number.slice(0, -1)}`);
      const name = BRANCH.test(text) ? this.source.nameNear(value) : null;
      return name ?? number.replace(LEADING_ZEROS, '');
    });
  }
}
