/** What the guest prints. Bounded, and it follows the end unless the reader has scrolled up. */
import { useEffect, useRef } from 'preact/hooks';
import { progress, view } from '../machine/machine.js';
import { grouped } from './number-format.js';

/** From the end: closer than this counts as being there. */
const NEAR_END_PX = 24;

export function Serial() {
  const serial = progress.value?.serial ?? view.value?.serial;
  const box = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  const text = serial?.text ?? '';
  useEffect(() => {
    if (follows.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  const onScroll = (): void => {
    const { current } = box;
    if (current === null) return;
    follows.current = current.scrollHeight - current.scrollTop - current.clientHeight < NEAR_END_PX;
  };
  return (
    <div class="serial">
      {serial !== undefined && (serial.skipped > 0 || serial.isCut) && (
        <p class="note">
          {serial.skipped > 0 && `${grouped(serial.skipped)} bytes before this are not shown. `}
          {serial.isCut && 'The guest printed more than 1 MiB; what came after that is not kept.'}
        </p>
      )}
      <pre ref={box} onScroll={onScroll} tabIndex={0} aria-label="Guest output" class="serial-text">
        {text === '' ? <span class="dim">Nothing printed yet (COM1, port E9h, hypercall 1).</span> : text}
      </pre>
    </div>
  );
}
