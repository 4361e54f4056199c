/** Registers the service worker of a built page: after the first visit it works without a network. */
export function watchOffline(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  addEventListener('load', register);
  if (document.readyState === 'complete') register();
}

function register(): void {
  navigator.serviceWorker.register('./sw.js').catch((error: unknown) => {
    // A page that was opened in a way that allows none, such as a private window: it works, only not offline.
    console.info('no offline copy:', error instanceof Error ? error.message : error);
  });
}
