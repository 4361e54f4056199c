/** Which shape is meant: by a pointer near it, or by the arrow keys, which go from one to the next. */
import type { Scene, SceneRow, TimelineShape } from 'vmexit/lab';
import { ROW_HEIGHT } from 'vmexit/lab';

/** A pointer this near, in pixels, means a shape. */
const NEAR = 8;

export interface Target {
  readonly shape: TimelineShape;
  readonly row: SceneRow;
  readonly strategy: string;
}

/** The shape at a place in the scene; null where there is none. */
export function targetAt(scene: Scene, x: number, y: number): Target | null {
  for (const { strategy, rows } of scene.groups)
    for (const row of rows) {
      if (Math.abs(y - row.y) > ROW_HEIGHT / 2) continue;
      const shape = nearest(row.shapes, x);
      return shape === null ? null : { shape, row, strategy };
    }
  return null;
}

function nearest(shapes: readonly TimelineShape[], x: number): TimelineShape | null {
  let best: TimelineShape | null = null;
  let least = NEAR;
  for (const shape of shapes) {
    const distance = distanceOf(shape, x);
    if (distance > least) continue;
    best = shape;
    least = distance;
  }
  return best;
}

function distanceOf(shape: TimelineShape, x: number): number {
  const end = 'width' in shape ? shape.x + shape.width : shape.x;
  return Math.max(0, shape.x - x, x - end);
}

/**
 * The next thing that happened after (or, with -1, before) an instruction, in whatever row; null if nothing is left. Stretches
 * are where they begin.
 */
export function nextTarget(scene: Scene, at: number, direction: 1 | -1): Target | null {
  let best: Target | null = null;
  for (const { strategy, rows } of scene.groups)
    for (const row of rows)
      for (const shape of row.shapes) {
        const isAhead = direction > 0 ? shape.from > at : shape.from < at;
        const isNearer =
          best === null || (direction > 0 ? shape.from < best.shape.from : shape.from > best.shape.from);
        if (isAhead && isNearer) best = { shape, row, strategy };
      }
  return best;
}
