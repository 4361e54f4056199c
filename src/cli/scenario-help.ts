/** The help text of `scenario`. */

/** @param output What every command with a result takes. */
export function scenarioHelp(output: string): string {
  return `usage: vmexit scenario [name] [options]

A scenario is a bug that hypervisors had: a broken way of delivering NMIs, the fixed one, and a guest that
shows the difference. Without a name: the list. With one: the sweep tries the guest under both, and where the
bug first shows, both are shown side by side.

"run", "record", "gdb" and "sweep" take these names as a --delivery, too: try them on a guest of your own.

output:
  --json                  the result as one object: scenario, isShown, found, sides, sweep
  --html FILE             a page with both sides and the drawing, too
  --timeline FILE.svg     the drawing alone
  --replays FOLDER        recordings of both sides for "vmexit replay"; the folder is made if it is not there
${output}
exit status: 0 the sweep found the bug, and nothing in the fix; 1 it did not; 2 a mistake in the command,
130 interrupted.

examples:
  vmexit scenario
  vmexit scenario vnmi-wrong-bit
  vmexit scenario iret-unmasks-early --html report.html --replays recordings
  vmexit sweep my-guest.asm --pairs --delivery iret-unmasks-early,xen-event-injection
`;
}
