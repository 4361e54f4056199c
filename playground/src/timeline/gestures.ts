/** Wheel, drag and pinch over a drawing: they zoom and pan what it shows. */
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { instructionAt, pan, type Range, type Scene, zoom } from 'vmexit/lab';

interface View {
  readonly range: Range;
  readonly whole: Range;
  readonly onRange: (range: Range) => void;
}

/** Of a wheel's delta in pixels: three notches are a factor of two. */
const WHEEL_ZOOM = 1 / 430;
/** Pixels in a line, where a wheel counts in lines. */
const LINE = 16;
/** A pointer that moved less has clicked. */
const CLICK = 4;

/** @returns Whether the last press was a drag, which is no click. */
export function useGestures(
  drawing: RefObject<SVGSVGElement | null>,
  scene: Scene | null,
  view: View,
): { readonly wasDragged: () => boolean } {
  const now = useRef({ scene, ...view });
  now.current = { scene, ...view };
  const moved = useRef(0);
  const isThere = scene !== null;
  useEffect(() => {
    const { current } = drawing;
    if (current === null) return undefined;
    const pointers = new Map<number, number>();
    const xOf = (event: MouseEvent): number => event.clientX - current.getBoundingClientRect().left;

    const wheel = (event: WheelEvent): void => {
      const { scene: drawn, range, whole, onRange } = now.current;
      const x = xOf(event);
      // Over the names the wheel scrolls, as it does elsewhere.
      if (drawn === null || x < drawn.scale.x) return;
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
      const perPixel = (range.to - range.from) / drawn.scale.width;
      const isPan = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      const delta = (isPan && event.deltaX !== 0 ? event.deltaX : event.deltaY) * unit;
      const next = isPan
        ? pan(range, whole, delta * perPixel)
        : zoom(
            range,
            whole,
            2 ** (delta * WHEEL_ZOOM * (event.ctrlKey ? 4 : 1)),
            instructionAt(x, drawn.scale),
          );
      onRange(next);
    };
    const down = (event: PointerEvent): void => {
      if (pointers.size === 0) moved.current = 0;
      pointers.set(event.pointerId, xOf(event));
    };
    const move = (event: PointerEvent): void => {
      const before = pointers.get(event.pointerId);
      const { scene: drawn, range, whole, onRange } = now.current;
      if (before === undefined || drawn === null) return;
      const x = xOf(event);
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      const perPixel = (range.to - range.from) / drawn.scale.width;
      moved.current += Math.abs(x - before);
      if (moved.current < CLICK) return;
      current.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, x);
      if (other === undefined) onRange(pan(range, whole, (before - x) * perPixel));
      else {
        const factor = Math.abs(before - other) / Math.max(1, Math.abs(x - other));
        onRange(zoom(range, whole, factor, instructionAt((x + other) / 2, drawn.scale)));
      }
    };
    const up = (event: PointerEvent): void => void pointers.delete(event.pointerId);

    current.addEventListener('wheel', wheel, { passive: false });
    current.addEventListener('pointerdown', down);
    current.addEventListener('pointermove', move);
    current.addEventListener('pointerup', up);
    current.addEventListener('pointercancel', up);
    return () => {
      current.removeEventListener('wheel', wheel);
      current.removeEventListener('pointerdown', down);
      current.removeEventListener('pointermove', move);
      current.removeEventListener('pointerup', up);
      current.removeEventListener('pointercancel', up);
    };
  }, [drawing, isThere]);
  return { wasDragged: () => moved.current >= CLICK };
}
