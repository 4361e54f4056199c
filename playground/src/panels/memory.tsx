/**
 * Memory: bytes and characters of any address, virtual or physical.
 *
 * Only the rows in view exist. They lie in a window of 64 Ki rows around the address that was asked for, because no browser
 * scrolls over all of memory; the window moves along when its edges come near.
 */
import { batch, computed, effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { isRunning, readMemory, view } from '../machine/machine.js';
import type { AddressSpace } from '../machine/view.js';
import { hex } from './number-format.js';

/** In a narrow panel a row has half as many. */
const WIDE_ROW = 16;
/** What sixteen bytes need beside their address and their characters. */
const WIDE_PX = 500;
const ROW_PX = 18;
const WINDOW_ROWS = 0x1_0000;
const EDGE_ROWS = 0x1000;
/** Rows around those in view, so that scrolling does not show gaps. */
const MARGIN_ROWS = 6;

const space = signal<AddressSpace>('virtual');
/** What the reader wrote: a number, or a register's name. */
const wanted = signal('rsp');
const problem = signal<string | null>(null);
/** Address of the window's first row. */
const base = signal(0n);
const firstRow = signal(0);
const rowBytes = signal(WIDE_ROW);
const rowsInView = signal(20);
const bytes = signal<Int16Array>(new Int16Array());
/** Address and bytes of the stop before, to mark what has changed. */
const before = signal<{ readonly address: bigint; readonly bytes: Int16Array } | null>(null);
const shownAddress = computed(() => base.value + BigInt(firstRow.value * rowBytes.value));

/** Bumped to make the list scroll to `firstRow`. */
const jump = signal(0);

function goTo(address: bigint): void {
  const row = address - (address % BigInt(rowBytes.peek()));
  const above = BigInt((WINDOW_ROWS / 2) * rowBytes.peek());
  batch(() => {
    base.value = row > above ? row - above : 0n;
    firstRow.value = Number((row - base.value) / BigInt(rowBytes.peek()));
    jump.value++;
  });
}

/** A register as it is called in any mode: rsp, esp, sp. */
const SHORTER_NAME = /^[er]?(?=(?:[abcd]x|[sd]i|[sb]p|ip)$)/;

/** A register, a hexadecimal number (7C00h, 0x7c00, 7c00). Null if it is neither. */
function addressOf(text: string): bigint | null {
  const name = text.trim().toLowerCase();
  const register = view.peek()?.registers[name.replace(SHORTER_NAME, 'r')];
  if (register !== undefined) return register;
  const digits = name
    .replace(/^0x/, '')
    .replace(/h$/, '')
    .replaceAll(/[\s_`]/g, '');
  return /^[\da-f]{1,16}$/.test(digits) ? BigInt(`0x${digits}`) : null;
}

function goToWanted(): void {
  const address = addressOf(wanted.peek());
  problem.value = address === null ? 'An address is hexadecimal, or a register’s name.' : null;
  if (address !== null) goTo(address);
}

let lastRead = 0;

/** Reads what is in view; the answer to an older question than the last is dropped. */
async function refresh(isNewStop: boolean): Promise<void> {
  if (view.peek() === null || isRunning.peek()) return;
  const question = ++lastRead;
  const address = shownAddress.peek();
  const length = (rowsInView.peek() + 2 * MARGIN_ROWS) * rowBytes.peek();
  const answer = await readMemory(space.peek(), address, length);
  if (question !== lastRead) return;
  batch(() => {
    if (isNewStop) before.value = { address, bytes: bytes.peek() };
    bytes.value = answer.bytes;
  });
}

export function Memory() {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (jump.peek() === 0) goToWanted();
    const stops = [
      effect(() => {
        void [shownAddress.value, space.value, rowsInView.value];
        void refresh(false);
      }),
      effect(() => {
        void [view.value, isRunning.value];
        void refresh(true);
      }),
      effect(() => {
        void jump.value;
        if (list.current !== null) list.current.scrollTop = firstRow.peek() * ROW_PX;
      }),
    ];
    const sizes = new ResizeObserver(() => list.current !== null && fit(list.current));
    if (list.current !== null) sizes.observe(list.current);
    return () => {
      sizes.disconnect();
      for (const stop of stops) stop();
    };
  }, []);
  return (
    <div class="memory">
      <MemoryBar />
      <div
        class="memory-list mono"
        ref={list}
        tabIndex={0}
        aria-label="Memory"
        onScroll={({ currentTarget }) => follow(currentTarget)}
      >
        <div class="memory-space" style={{ height: `${WINDOW_ROWS * ROW_PX}px` }}>
          <Rows />
        </div>
      </div>
    </div>
  );
}

function follow(list: HTMLElement): void {
  const row = Math.floor(list.scrollTop / ROW_PX);
  rowsInView.value = Math.ceil(list.clientHeight / ROW_PX);
  const isNearEdge = row > WINDOW_ROWS - EDGE_ROWS || (row < EDGE_ROWS && base.peek() > 0n);
  if (isNearEdge) goTo(base.peek() + BigInt(row * rowBytes.peek()));
  else firstRow.value = row;
}

/** Rows as wide as there is room, with the same address on top. */
function fit(list: HTMLElement): void {
  const width = list.clientWidth < WIDE_PX ? WIDE_ROW / 2 : WIDE_ROW;
  rowsInView.value = Math.ceil(list.clientHeight / ROW_PX);
  if (width === rowBytes.peek()) return;
  const top = shownAddress.peek();
  batch(() => {
    rowBytes.value = width;
    before.value = null;
    goTo(top);
  });
}

function MemoryBar() {
  return (
    <form
      class="memory-bar"
      onSubmit={(event) => {
        event.preventDefault();
        goToWanted();
      }}
    >
      <label class="labelled">
        <span>Go to</span>
        <input
          class="field mono"
          size={14}
          value={wanted.value}
          aria-invalid={problem.value !== null}
          onInput={({ currentTarget }) => {
            wanted.value = currentTarget.value;
            problem.value = null;
          }}
        />
      </label>
      <select
        class="field"
        aria-label="Address space"
        value={space.value}
        onChange={({ currentTarget }) => {
          before.value = null;
          space.value = currentTarget.value as AddressSpace;
        }}
      >
        <option value="virtual">virtual</option>
        <option value="physical">guest-physical</option>
      </select>
      <button type="submit" class="button outlined">
        Go
      </button>
      {problem.value !== null && (
        <span class="field-problem inline" role="alert">
          {problem.value}
        </span>
      )}
    </form>
  );
}

function Rows() {
  const count = Math.min(rowsInView.value + MARGIN_ROWS, WINDOW_ROWS - firstRow.value);
  const rows = [];
  for (let index = 0; index < count; index++) rows.push(<Row key={firstRow.value + index} index={index} />);
  return <>{rows}</>;
}

function Row({ index }: { readonly index: number }) {
  const width = rowBytes.value;
  const address = shownAddress.value + BigInt(index * width);
  const row = Array.from(bytes.value.subarray(index * width, (index + 1) * width));
  const old = before.value;
  const oldIndex = old === null ? -1 : Number(address - old.address);
  const isChanged = (value: number, at: number): boolean => {
    const was = old?.bytes[oldIndex + at];
    return was !== undefined && was !== value;
  };
  return (
    <div class="memory-row" style={{ top: `${(firstRow.value + index) * ROW_PX}px` }}>
      <span class="dim">{hex(address, address > 0xffff_ffffn ? 16 : 8)}</span>
      <span class="memory-bytes">
        {row.map((value, at) => (
          <span key={at} class={isChanged(value, at) ? 'changed' : value === 0 ? 'zero' : ''}>
            {value < 0 ? '··' : hex(value, 2)}
          </span>
        ))}
      </span>
      <span class="memory-text">{row.map(character).join('')}</span>
    </div>
  );
}

function character(value: number): string {
  return value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : value < 0 ? ' ' : '.';
}
