/** The worker that has the machine: it answers the page's calls and tells it how a run gets on. */
import type { Call, Notice, Reply } from './protocol.js';
import { MachineSession } from './session.js';

/** What a worker's global object has, and the page's has not. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<Call>) => void) | null;
  postMessage(message: Reply | Notice): void;
}

const scope = globalThis as unknown as WorkerScope;
const session = new MachineSession((progress) => scope.postMessage({ progress }));
const methods = session as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

scope.onmessage = ({ data }) => void answer(data);

async function answer({ id, method, args }: Call): Promise<void> {
  try {
    scope.postMessage({ id, value: await methods[method]?.call(session, ...args) });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    scope.postMessage({ id, error: { name, message } });
  }
}
