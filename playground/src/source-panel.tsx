/** The left column: which program, what the assembler says, the editor. */
import { check, isStale } from './machine/machine.js';
import { CodeEditor } from './editor/code-editor.js';
import { EXAMPLES, findExample } from './program/examples.js';
import { diagnostics, name, openExample, openProgram, replaced, source } from './program/program.js';
import { notify } from './notices.js';
import { Invitation } from './tour/invitation.js';
import { TourCard } from './tour/tour-card.js';
import { grouped } from './panels/number-format.js';

export function SourcePanel() {
  return (
    <main class="source column">
      <TourCard />
      <Invitation />
      <section class="panel grows" aria-label="Source">
        <div class="panel-head">
          <h2 class="visually-hidden">Source</h2>
          <ExampleSelect />
          <span class="spacer" />
          <AssemblyStatus />
        </div>
        <div class="panel-body editor-body">
          <CodeEditor />
        </div>
      </section>
    </main>
  );
}

function ExampleSelect() {
  const example = findExample(name.value);
  const isOwn = example === undefined || example.source !== source.value;
  return (
    <select
      class="field example-select"
      aria-label="Program"
      title={example?.summary}
      value={isOwn ? '' : name.value}
      onChange={({ currentTarget }) => choose(currentTarget.value)}
    >
      {isOwn && <option value="">{example === undefined ? name.value : `${name.value} (edited)`}</option>}
      <optgroup label="Shipped guests">
        {EXAMPLES.map(({ name: called, summary }) => (
          <option key={called} value={called} title={summary}>
            {called}
          </option>
        ))}
      </optgroup>
    </select>
  );
}

function choose(called: string): void {
  const example = findExample(called);
  if (example === undefined) return;
  openExample(example);
  offerToRestore();
}

/** If what somebody wrote was replaced: a way back to it. */
export function offerToRestore(): void {
  const before = replaced.peek();
  if (before === null) return;
  notify('Your program was put aside.', {
    label: 'Bring it back',
    run: () => {
      replaced.value = null;
      openProgram(before);
    },
  });
}

function AssemblyStatus() {
  const errors = diagnostics.value.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.value.length - errors;
  const made = check.value;
  const text =
    errors > 0
      ? `${grouped(errors)} error${errors === 1 ? '' : 's'}`
      : made?.problem != null
        ? made.problem
        : made?.bytes == null
          ? ''
          : `${grouped(made.bytes)} bytes${warnings > 0 ? `, ${warnings} warning${warnings === 1 ? '' : 's'}` : ''}`;
  const isBad = errors > 0 || made?.problem != null;
  return (
    <span class={isBad ? 'assembly-status bad' : 'assembly-status dim'} role="status" title={text}>
      {text}
      {isStale.value && !isBad && made?.bytes != null && <span title="Run starts it anew"> · changed</span>}
    </span>
  );
}
