/** The line that the guest executes next: a background, and an arrow beside the breakpoints. */
import { type Extension, RangeSet, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, gutterLineClass, GutterMarker } from '@codemirror/view';

/** The line, counted from 1; null: none of this source. */
export const setExecutionLine = StateEffect.define<number | null>();

class Arrow extends GutterMarker {
  override elementClass = 'cm-execution-gutter';
}

const arrow = new Arrow();
const mark = Decoration.line({ class: 'cm-execution', attributes: { 'aria-current': 'step' } });

const field = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(set, transaction) {
    let next = set.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setExecutionLine)) continue;
      const { doc } = transaction.state;
      const isThere = effect.value !== null && effect.value <= doc.lines;
      next = isThere ? Decoration.set([mark.range(doc.line(effect.value).from)]) : Decoration.none;
    }
    return next;
  },
  provide: (self) => [
    EditorView.decorations.from(self),
    gutterLineClass.compute([self], (state) => {
      const at: number[] = [];
      state.field(self).between(0, state.doc.length, (from) => {
        at.push(from);
      });
      return RangeSet.of(at.map((from) => arrow.range(from)));
    }),
  ],
});

export function executionLine(): Extension {
  return field;
}

/** Shows the line and brings it into view, a little away from the edges. */
export function showExecutionLine(view: EditorView, line: number | null): void {
  const effects: StateEffect<unknown>[] = [setExecutionLine.of(line)];
  if (line !== null && line <= view.state.doc.lines) {
    const position = view.state.doc.line(line).from;
    effects.push(EditorView.scrollIntoView(position, { y: 'nearest', yMargin: 60 }));
  }
  view.dispatch({ effects });
}
