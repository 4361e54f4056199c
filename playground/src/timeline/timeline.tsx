/**
 * Timelines that can be zoomed, looked at closely and gone to.
 *
 * - `timelines`: one lane group for each; all over one axis.
 * - `cursor`: the instruction that the machine is at, or undefined for none.
 * - `onSeek`: somebody clicked a moment, or pressed Enter at one. Without it nothing can be gone to.
 * - `range`, `onRange`: what is shown, kept by the owner, so that it can be exported as it is.
 *
 * Wheel and pinch zoom, drag and Shift+wheel pan, double click shows everything. Keys are in `KEYS`.
 */
import type { TargetedKeyboardEvent, TargetedMouseEvent } from 'preact';
import { useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import {
  grouped,
  instructionAt,
  layOutTimelines,
  pan,
  type Range,
  reveal,
  type Scene,
  type Timeline as Model,
  zoom,
} from 'vmexit/lab';
import { nextTarget, type Target, targetAt } from './pointing.js';
import { Axis, Background, Cursor, Group } from './scene-svg.js';
import { useGestures } from './gestures.js';
import { useWidth } from './use-width.js';

interface Props {
  readonly timelines: readonly Model[];
  readonly range: Range;
  readonly onRange: (range: Range) => void;
  readonly cursor?: number | undefined;
  readonly onSeek?: ((instruction: number) => void) | undefined;
  readonly label: string;
}

const ZOOM_STEP = 1.6;
const PAN_STEP = 0.15;

const KEYS =
  'Left and right arrows go from event to event, Enter goes to that moment. Plus and minus zoom, Page Up and Page Down pan, ' +
  'Home and End show the beginning and the end, 0 shows everything.';

/** All that there is. */
export function wholeOf(timelines: readonly Model[]): Range {
  const from = Math.min(...timelines.map(({ start }) => start));
  return { from, to: Math.max(from + 1, ...timelines.map(({ end }) => end)) };
}

export function Timeline({ timelines, range, onRange, cursor, onSeek, label }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const drawing = useRef<SVGSVGElement>(null);
  const width = useWidth(frame);
  const keysId = useId();
  const [target, setTarget] = useState<Target | null>(null);
  const whole = useMemo(() => wholeOf(timelines), [timelines]);
  const scene = useMemo(
    () => (width === 0 ? null : layOutTimelines(timelines, { ...range, width })),
    [timelines, range, width],
  );
  const { wasDragged } = useGestures(drawing, scene, { range, whole, onRange });
  useLayoutEffect(() => setTarget(null), [timelines]);

  const point = (event: TargetedMouseEvent<SVGSVGElement>): Target | null => {
    if (scene === null) return null;
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return targetAt(scene, event.clientX - left, event.clientY - top);
  };
  const click = (event: TargetedMouseEvent<SVGSVGElement>): void => {
    if (scene === null || wasDragged()) return;
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const pointed = point(event);
    if (pointed === null && x < scene.scale.x) return;
    onSeek?.(pointed?.shape.from ?? instructionAt(x, scene.scale));
  };
  const keyDown = (event: TargetedKeyboardEvent<SVGSVGElement>): void => {
    if (scene === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = target?.shape.from ?? cursor ?? range.from;
    const action = keyAction(event.key, { scene, range, whole, at });
    if (event.key === 'Enter' && target !== null) onSeek?.(target.shape.from);
    else if (event.key === 'Escape') setTarget(null);
    else if (action === null) return;
    else {
      if (action.range !== undefined) onRange(action.range);
      if (action.target !== undefined) setTarget(action.target);
    }
    event.preventDefault();
  };
  return (
    <div class="timeline" ref={frame}>
      {scene !== null && (
        <>
          <Axis ticks={scene.ticks} width={scene.width} x={scene.scale.x} />
          <svg
            ref={drawing}
            class={onSeek ? 'timeline-drawing seekable' : 'timeline-drawing'}
            width={scene.width}
            height={scene.height + 2}
            role="application"
            aria-label={label}
            aria-describedby={keysId}
            tabindex={0}
            onMouseMove={(event) => setTarget(point(event))}
            onMouseLeave={() => setTarget(null)}
            onClick={click}
            onDblClick={() => onRange(whole)}
            onKeyDown={keyDown}
          >
            <Background {...scene} />
            {scene.groups.map((group) => (
              <Group key={group.strategy} group={group} scene={scene} />
            ))}
            {cursor !== undefined && <Cursor at={cursor} scale={scene.scale} height={scene.height} />}
            {target !== null && <Mark target={target} />}
          </svg>
          {target !== null && <Caption target={target} scene={scene} />}
        </>
      )}
      <div class="visually-hidden">
        <p id={keysId}>{KEYS}</p>
        <p aria-live="polite">{target === null ? '' : `${target.strategy}: ${target.shape.caption}`}</p>
        <ul>
          {scene?.groups.map(({ strategy, summary }) => (
            <li key={strategy}>{`${strategy}: ${summary}`}</li>
          ))}
        </ul>
      </div>
    </div>
  );
}

interface KeyContext {
  readonly scene: Scene;
  readonly range: Range;
  readonly whole: Range;
  /** Where the reader is. */
  readonly at: number;
}

/** What a key does: shows another range, points at another event; null: nothing. */
function keyAction(
  key: string,
  { scene, range, whole, at }: KeyContext,
): { range?: Range; target?: Target } | null {
  const span = range.to - range.from;
  const middle = (range.from + range.to) / 2;
  switch (key) {
    case 'ArrowRight':
    case 'ArrowLeft': {
      const target = nextTarget(scene, at, key === 'ArrowRight' ? 1 : -1);
      if (target === null)
        return { range: pan(range, whole, (key === 'ArrowRight' ? 1 : -1) * span * PAN_STEP) };
      return { target, range: reveal(range, whole, target.shape.from) };
    }
    case '+':
    case '=':
      return { range: zoom(range, whole, 1 / ZOOM_STEP, at >= range.from && at <= range.to ? at : middle) };
    case '-':
      return { range: zoom(range, whole, ZOOM_STEP, middle) };
    case 'PageUp':
      return { range: pan(range, whole, -span * 0.8) };
    case 'PageDown':
      return { range: pan(range, whole, span * 0.8) };
    case 'Home':
      return { range: pan(range, whole, -whole.to) };
    case 'End':
      return { range: pan(range, whole, whole.to) };
    case '0':
      return { range: whole };
    default:
      return null;
  }
}

/** Around what is pointed at. */
function Mark({ target: { shape, row } }: { readonly target: Target }) {
  const width = 'width' in shape ? shape.width : 0;
  return <rect class="pointed" x={shape.x - 7} y={row.y - 8.5} width={width + 14} height={17} rx={3} />;
}

function Caption({ target: { shape, row }, scene }: { readonly target: Target; readonly scene: Scene }) {
  const isRight = shape.x > scene.width / 2;
  const place = isRight ? { right: `${scene.width - shape.x + 10}px` } : { left: `${shape.x + 10}px` };
  return (
    <div class="timeline-caption" style={{ ...place, top: `${row.y + 34}px` }} aria-hidden="true">
      <b>{row.label}</b> {shape.caption}
      {shape.to > shape.from && shape.count === 1 && (
        <span class="dim"> {grouped(shape.to - shape.from)}</span>
      )}
    </div>
  );
}
