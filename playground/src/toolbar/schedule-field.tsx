/** When NMIs are requested, as text: what cannot be read is said under the field and changes nothing. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { settings } from '../program/program.js';
import { formatSchedule, parseScheduleText, ScheduleSyntaxError } from '../program/schedule-text.js';

const text = signal('');
const problem = signal<string | null>(null);

const EXAMPLES = ['every 2000 from 1000', 'random 100 seed 1', 'random 1000 seed 7 count 50', '5000, 9000'];

export function ScheduleField() {
  const { schedule } = settings.value;
  useEffect(() => {
    text.value = formatSchedule(schedule);
    problem.value = null;
  }, [schedule]);
  return (
    <div class="schedule">
      <label class="labelled">
        <span>NMIs</span>
        <input
          class="field mono"
          aria-label="NMI schedule, in instructions"
          aria-invalid={problem.value !== null}
          aria-describedby={problem.value === null ? undefined : 'schedule-problem'}
          placeholder="none by schedule"
          list="schedule-examples"
          size={21}
          value={text.value}
          onInput={({ currentTarget }) => {
            text.value = currentTarget.value;
            problem.value = null;
          }}
          onChange={accept}
          onKeyDown={({ key }) => {
            // In Firefox, Enter closes the list of examples, and is no change.
            if (key === 'Enter') accept();
          }}
        />
      </label>
      <datalist id="schedule-examples">
        {EXAMPLES.map((example) => (
          <option key={example} value={example} />
        ))}
      </datalist>
      {problem.value !== null && (
        <p class="field-problem" id="schedule-problem" role="alert">
          {problem.value}
        </p>
      )}
    </div>
  );
}

function accept(): void {
  try {
    const schedule = parseScheduleText(text.peek());
    problem.value = null;
    // Enter and leaving the field are one change.
    if (formatSchedule(schedule) !== formatSchedule(settings.peek().schedule))
      settings.value = { ...settings.peek(), schedule };
  } catch (error) {
    if (!(error instanceof ScheduleSyntaxError)) throw error;
    problem.value = error.message;
  }
}
