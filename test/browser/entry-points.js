/** Makes the entry points reachable for what a test evaluates in the page: `await vmexit`. */
globalThis.vmexit = Promise.all([import('vmexit'), import('vmexit/worker')]).then((modules) =>
  Object.assign({}, ...modules),
);
