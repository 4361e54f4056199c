/**
 * The source: CodeMirror with NASM's colours, diagnostics at their lines, breakpoints and the line of execution.
 *
 * Text and breakpoints go both ways between the editor and the signals of program.ts; the editor is never made anew.
 */
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentUnit } from '@codemirror/language';
import { type Diagnostic as Mark, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { effect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Diagnostic } from 'vmexit/asm';
import { MAIN_FILE } from '../program/main-file.js';
import { breakpoints, diagnostics, source } from '../program/program.js';
import { currentLine } from '../machine/machine.js';
import { breakpointGutter, breakpointLines, setBreakpoints, toggleBreakpoint } from './breakpoint-gutter.js';
import { cursorLine } from './cursor.js';
import { editorTheme } from './editor-theme.js';
import { executionLine, showExecutionLine } from './execution-line.js';
import { nasm } from './nasm-language.js';

export function CodeEditor() {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (host.current === null) return undefined;
    const view = new EditorView({ state: initialState(), parent: host.current });
    const stops = connect(view);
    return () => {
      for (const stop of stops) stop();
      view.destroy();
    };
  }, []);
  return <div class="code-editor" ref={host} />;
}

function initialState(): EditorState {
  return EditorState.create({
    doc: source.peek(),
    extensions: [
      breakpointGutter(),
      lintGutter(),
      lineNumbers(),
      executionLine(),
      highlightSpecialChars(),
      history(),
      drawSelection(),
      bracketMatching(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      highlightSelectionMatches(),
      indentUnit.of('        '),
      nasm(),
      editorTheme,
      EditorView.contentAttributes.of({
        'aria-label': 'Guest source, NASM syntax',
        spellcheck: 'false',
        tabindex: '0',
      }),
      keymap.of([
        { key: 'F9', run: toggleBreakpoint },
        ...defaultKeymap,
        ...historyKeymap,
        ...searchKeymap,
        ...lintKeymap,
        indentWithTab,
      ]),
      EditorView.updateListener.of(({ view, docChanged, selectionSet, transactions }) => {
        if (docChanged) source.value = view.state.doc.toString();
        if (docChanged || selectionSet)
          cursorLine.value = view.state.doc.lineAt(view.state.selection.main.head).number;
        if (transactions.some(({ effects, docChanged: moved }) => moved || effects.length > 0))
          tellBreakpoints(view);
      }),
    ],
  });
}

function tellBreakpoints(view: EditorView): void {
  const lines = breakpointLines(view);
  if (String(lines) !== String(breakpoints.peek())) breakpoints.value = lines;
}

/** From the signals to the editor. */
function connect(view: EditorView): (() => void)[] {
  return [
    effect(() => {
      const text = source.value;
      if (text !== view.state.doc.toString())
        view.dispatch({
          changes: { from: 0, to: view.state.doc.length, insert: text },
          selection: { anchor: 0 },
        });
    }),
    effect(() => {
      const lines = breakpoints.value;
      if (String(lines) !== String(breakpointLines(view)))
        view.dispatch({ effects: setBreakpoints.of(lines) });
    }),
    effect(() => {
      const marks = diagnostics.value.map((diagnostic) => markOf(view.state, diagnostic));
      view.dispatch(setDiagnostics(view.state, marks));
    }),
    effect(() => showExecutionLine(view, currentLine.value)),
    whenResized(view.dom, () => showExecutionLine(view, currentLine.peek())),
  ];
}

/** What comes next stays in view when the panels around take room. */
function whenResized(element: Element, then: () => void): () => void {
  const sizes = new ResizeObserver(then);
  sizes.observe(element);
  return () => sizes.disconnect();
}

/** From the column on to the end of its word, or the whole line where there is no column. */
function markOf(
  { doc }: EditorState,
  { file, line, column, severity, message, expansions }: Diagnostic,
): Mark {
  const isHere = file === MAIN_FILE;
  const { from, to, text } = doc.line(isHere ? Math.min(Math.max(1, line), doc.lines) : 1);
  const indent = text.length - text.trimStart().length;
  const start = column > 1 ? Math.min(column - 1, text.length) : indent;
  const word = column > 1 ? (/^[\w$.%@?]+|^./.exec(text.slice(start))?.[0].length ?? 0) : to - from - start;
  const within = expansions.map(({ macro, file: f, line: l }) => `\nin ${macro}, ${f}:${l}`).join('');
  const place = isHere ? '' : `${file}:${line}: `;
  return {
    from: from + start,
    to: Math.min(to, from + start + word),
    severity,
    message: place + message + within,
  };
}
