/** How the editor looks: the page's colours, by their CSS variables, so that the theme changes with the page. */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const highlighting = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--code-comment)' },
  { tag: tags.string, color: 'var(--code-string)' },
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: tags.keyword, color: 'var(--code-mnemonic)' },
  { tag: tags.definitionKeyword, color: 'var(--code-directive)' },
  { tag: tags.modifier, color: 'var(--code-directive)' },
  { tag: tags.standard(tags.variableName), color: 'var(--code-register)' },
  { tag: tags.special(tags.variableName), color: 'var(--code-number)' },
  { tag: tags.labelName, color: 'var(--code-label)', fontWeight: '650' },
]);

const TRIANGLE = 'polygon(50% 0, 100% 100%, 0 100%)';

const look = EditorView.theme({
  '&': {
    height: '100%',
    fontSize: 'var(--size-code)',
    backgroundColor: 'var(--surface)',
    color: 'var(--text)',
  },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5', fontVariantLigatures: 'none' },
  '.cm-content': { caretColor: 'var(--text)', padding: '6px 0' },
  '.cm-line': { padding: '0 10px 0 6px' },
  '.cm-cursor': { borderLeftColor: 'var(--text)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--selection)',
  },
  '.cm-gutters': {
    backgroundColor: 'var(--surface)',
    color: 'var(--text-dim)',
    border: 'none',
    paddingRight: '4px',
  },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '28px', padding: '0 4px 0 2px', fontSize: '11px' },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--hover) 55%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--text)' },
  '.cm-line.cm-execution, &.cm-focused .cm-line.cm-execution': { backgroundColor: 'var(--current-line)' },
  '.cm-gutter-lint': { width: '12px' },
  '.cm-gutter-lint .cm-gutterElement': { padding: '3px 0 0' },
  '.cm-lint-marker': { width: '10px', height: '10px' },
  // A circle is a breakpoint.
  '.cm-lint-marker-error': { content: 'none', background: 'var(--danger)', clipPath: TRIANGLE },
  '.cm-lint-marker-warning': { content: 'none', background: 'var(--warning)', clipPath: TRIANGLE },
  '.cm-breakpoints .cm-gutterElement': { width: '20px', padding: '0', cursor: 'pointer' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface-raised)',
    border: '1px solid var(--border)',
    borderRadius: 'var(--radius)',
    boxShadow: 'var(--shadow)',
  },
  '.cm-diagnostic': { padding: '5px 10px', fontFamily: 'var(--font)', whiteSpace: 'pre-wrap' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--danger)' },
  '.cm-diagnostic-warning': { borderLeft: '3px solid var(--warning)' },
  '.cm-lintRange-error, .cm-lintRange-warning': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy 1px',
  },
  '.cm-lintRange-error': { textDecorationColor: 'var(--danger)' },
  '.cm-lintRange-warning': { textDecorationColor: 'var(--warning)' },
  '.cm-panels': { backgroundColor: 'var(--surface-sunken)', color: 'var(--text)' },
  '.cm-panels.cm-panels-bottom': { borderTop: '1px solid var(--border)' },
  '.cm-searchMatch': { backgroundColor: 'var(--nmi-request-weak)' },
  '.cm-searchMatch.cm-searchMatch-selected': { backgroundColor: 'var(--selection)' },
});

export const editorTheme: Extension = [look, syntaxHighlighting(highlighting)];
