/** Breakpoints: dots in the gutter that a click or F9 sets, and that move with the text. */
import { type Extension, RangeSet, StateEffect, StateField, type Text } from '@codemirror/state';
import { type EditorView, gutter, GutterMarker } from '@codemirror/view';

class Dot extends GutterMarker {
  override toDOM(): Node {
    const dot = document.createElement('span');
    dot.className = 'breakpoint-dot';
    return dot;
  }
}

const dot = new Dot();

/** Sets or clears the breakpoint of the line that starts at this position. */
const toggle = StateEffect.define<number>({ map: (position, changes) => changes.mapPos(position) });
/** Replaces all breakpoints: lines, counted from 1. */
export const setBreakpoints = StateEffect.define<readonly number[]>();

const breakpoints = StateField.define<RangeSet<GutterMarker>>({
  create: () => RangeSet.empty,
  update(set, transaction) {
    let next = set.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(setBreakpoints)) next = dotsAt(transaction.state.doc, effect.value);
      else if (effect.is(toggle)) next = toggled(next, effect.value);
    }
    return next;
  },
});

function dotsAt(doc: Text, lines: readonly number[]): RangeSet<GutterMarker> {
  const known = [...new Set(lines)].filter((line) => line >= 1 && line <= doc.lines).sort((a, b) => a - b);
  return RangeSet.of(known.map((line) => dot.range(doc.line(line).from)));
}

function toggled(set: RangeSet<GutterMarker>, at: number): RangeSet<GutterMarker> {
  let isSet = false;
  set.between(at, at, () => {
    isSet = true;
  });
  return isSet ? set.update({ filter: (from) => from !== at }) : set.update({ add: [dot.range(at)] });
}

/** Lines with a breakpoint, counted from 1, in order. */
export function breakpointLines(view: EditorView): number[] {
  const lines = new Set<number>();
  const { doc } = view.state;
  view.state.field(breakpoints).between(0, doc.length, (from) => {
    lines.add(doc.lineAt(from).number);
  });
  return [...lines];
}

export function toggleBreakpoint(view: EditorView, position = view.state.selection.main.head): boolean {
  const line = view.state.doc.lineAt(position);
  view.dispatch({ effects: toggle.of(line.from) });
  return true;
}

export function breakpointGutter(): Extension {
  return [
    breakpoints,
    gutter({
      class: 'cm-breakpoints',
      markers: (view) => view.state.field(breakpoints),
      initialSpacer: () => dot,
      domEventHandlers: {
        mousedown: (view, line) => toggleBreakpoint(view, line.from),
      },
    }),
  ];
}
