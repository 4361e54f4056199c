/**
 * The playground without a network: all files of one build are kept together, and a page gets them from there.
 *
 * A new build is fetched whole in the background and serves once no page of the old one is open, so that no page ever
 * has files of two builds. BUILD_ID and FILES are filled in by offline-plugin.ts.
 */
const BUILD = 'BUILD_ID';
const FILES = ['FILES'];

const PREFIX = 'vmexit-playground-';
const CACHE = PREFIX + BUILD;
const PAGE = new URL('index.html', self.registration.scope).href;

self.addEventListener('install', (event) => {
  const addresses = FILES.map(
    (file) => new Request(new URL(file, self.registration.scope), { cache: 'reload' }),
  );
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(addresses)));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOldBuilds().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(self.registration.scope)) return;
  event.respondWith(answer(request));
});

async function dropOldBuilds() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function answer(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request.mode === 'navigate' ? PAGE : request, { ignoreSearch: true });
  return kept ?? fetch(request);
}
