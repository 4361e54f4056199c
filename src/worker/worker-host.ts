/** What the worker runs: a machine that listens to the page that started it. */
import { nodeThreads } from './node-threads.js';
import { type HostPort, serveVm } from './vm-host.js';

serveVm((nodeThreads()?.parentPort ?? globalThis) as unknown as HostPort);
