/** Help: the keys, and where things are. */
import { useEffect, useRef } from 'preact/hooks';
import { closeDialog, dialog } from '../dialog-state.js';
import { COMMANDS } from '../toolbar/commands.js';
import { IconButton } from '../toolbar/icon-button.js';

export function HelpDialog() {
  const element = useRef<HTMLDialogElement>(null);
  const isOpen = dialog.value === 'help';
  useEffect(() => {
    if (isOpen) element.current?.showModal();
    else element.current?.close();
  }, [isOpen]);
  return (
    <dialog class="dialog" ref={element} onClose={closeDialog} aria-labelledby="help-title">
      <div class="dialog-head">
        <h2 id="help-title">Help</h2>
        <IconButton label="Close" icon="close" onClick={closeDialog} />
      </div>
      <div class="dialog-body">
        <p>
          Write a guest in NASM’s syntax, run it on an x86 processor with AMD-V in this page, and see what
          each way of delivering NMIs does to it. Time is counted in instructions: the same program under the
          same settings runs the same way, always.
        </p>
        <h3>Keys</h3>
        <dl class="keys">
          {COMMANDS.map(({ id, key, label }) => (
            <div key={id}>
              <dt>
                {key.split('+').map((part) => (
                  <kbd key={part}>{part}</kbd>
                ))}
              </dt>
              <dd>{label}</dd>
            </div>
          ))}
          <div>
            <dt>
              <kbd>F9</kbd>
            </dt>
            <dd>Breakpoint at the cursor’s line</dd>
          </div>
          <div>
            <dt>
              <kbd>?</kbd>
            </dt>
            <dd>This help, outside of the editor</dd>
          </div>
          <div>
            <dt>
              <kbd>Esc</kbd> <kbd>Tab</kbd>
            </dt>
            <dd>Leave the editor (Tab alone indents)</dd>
          </div>
        </dl>
        <h3>What a guest can do</h3>
        <p>
          Print to COM1 (3F8h) or port E9h; end with a status on port F4h. VMMCALL with EAX = 0 ends with
          status EBX, 1 prints, 2 requests an NMI EBX instructions from now, 3 makes a mark, 4 unmaps a page.
          The files of guests/include can be included.
        </p>
        <h3>NMI schedules</h3>
        <p>
          “every 2000 from 1000”, “random 100 seed 7 count 50”, or instruction counts: “5000, 9000”. Requests
          before the guest has a handler end it, as they would any kernel at boot.
        </p>
      </div>
    </dialog>
  );
}
