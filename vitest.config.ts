/** Tests run against src/ directly; the core is compiled once, before any of them. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: './test/global-setup.ts',
    testTimeout: 60_000,
  },
});
