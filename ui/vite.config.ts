import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

import { createMock } from './mock/server';

// `npm run dev` answers the API from the mock, or from a running Capstan named by CAPSTAN_URL.
function mockApi(): Plugin {
  return {
    name: 'capstan-mock',
    apply: 'serve',
    configureServer(server) {
      if (process.env['CAPSTAN_URL'] || process.env['VITEST']) return;
      const mock = createMock();
      server.middlewares.use((request, response, next) => {
        if (!mock.handle(request, response)) next();
      });
      server.httpServer?.on('close', () => mock.close());
    },
  };
}

const target = process.env['CAPSTAN_URL'];

export default defineConfig({
  plugins: [react(), mockApi()],
  server: {
    host: '127.0.0.1',
    proxy: target ? { '/capstan': target, '/api': target } : undefined,
  },
  build: {
    target: 'es2021',
    // The page's content security policy allows no data: addresses, so nothing is inlined.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 600,
    reportCompressedSize: true,
    rollupOptions: {
      output: {
        manualChunks(id) {
          if (/node_modules\/(react|react-dom|scheduler|react-router|react-router-dom|@remix-run)\//.test(id))
            return 'react';
          return undefined;
        },
      },
    },
  },
  test: { include: ['src/**/*.test.{ts,tsx}', 'mock/**/*.test.ts'] },
} as Parameters<typeof defineConfig>[0]);
