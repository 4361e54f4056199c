/** The instructions around RIP, with labels; a click on an address sets a breakpoint there. */
import { useEffect, useRef } from 'preact/hooks';
import { breakpointAddresses, toggleAddressBreakpoint, view } from '../machine/machine.js';
import type { CodeRow } from '../machine/view.js';
import { hex } from './number-format.js';
import { Panel } from './panel.js';

export function Disassembly() {
  const now = view.value;
  const list = useRef<HTMLOListElement>(null);
  const current = now?.codeAddress;
  useEffect(() => {
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [current, now?.code]);
  return (
    <Panel title="Disassembly" class="disassembly grows" aside={<span class="dim">{now?.place}</span>}>
      <ol class="code mono" ref={list} tabIndex={0} aria-label="Instructions around RIP">
        {now?.code.map((row) => (
          <Row key={String(row.address)} row={row} bits={now.bits} isCurrent={row.address === current} />
        ))}
      </ol>
    </Panel>
  );
}

interface RowProps {
  readonly row: CodeRow;
  readonly bits: 16 | 32 | 64;
  readonly isCurrent: boolean;
}

function Row({ row: { address, bytes, text, label, line }, bits, isCurrent }: RowProps) {
  const isBreakpoint = breakpointAddresses.value.has(address);
  const [mnemonic = '', ...operands] = text.split(' ');
  return (
    <>
      {label !== null && <li class="code-label">{label}:</li>}
      <li class={`code-row${isCurrent ? ' current' : ''}`} aria-current={isCurrent ? 'step' : undefined}>
        <button
          type="button"
          class={isBreakpoint ? 'code-address breakpoint' : 'code-address'}
          aria-pressed={isBreakpoint}
          aria-label={`Breakpoint at ${hex(address, 8)}`}
          onClick={() => toggleAddressBreakpoint(address, line)}
        >
          {hex(address, bits === 16 ? 5 : 8)}
        </button>
        <span class="code-bytes" title={spaced(bytes)}>
          {spaced(bytes)}
        </span>
        <span class="code-text" title={text}>
          <span class="mnemonic">{mnemonic}</span> {operands.join(' ')}
        </span>
      </li>
    </>
  );
}

function spaced(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => hex(byte, 2)).join(' ');
}
