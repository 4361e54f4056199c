/** Tests run against src/ directly; the core is compiled once, before any of them. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: { '#platform': fileURLToPath(new URL('./src/core/platform-node.ts', import.meta.url)) },
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: './test/global-setup.ts',
    testTimeout: 60_000,
  },
});
