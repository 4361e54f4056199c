/** The message at the foot of the page. */
import { dismiss, notice } from './notices.js';
import { IconButton } from './toolbar/icon-button.js';

export function NoticeBar() {
  const shown = notice.value;
  return (
    <div class="notice-place" role={shown?.kind === 'problem' ? 'alert' : 'status'}>
      {shown !== null && (
        <div class={`notice ${shown.kind}`}>
          <span>{shown.text}</span>
          {shown.action !== undefined && (
            <button
              type="button"
              class="button outlined"
              onClick={() => {
                dismiss();
                shown.action?.run();
              }}
            >
              {shown.action.label}
            </button>
          )}
          <IconButton label="Dismiss" icon="close" onClick={dismiss} />
        </div>
      )}
    </div>
  );
}
