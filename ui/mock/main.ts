// Serves the built page with the mock behind it: `npm run mock [-- --port N] [-- --setup] [-- --processes N]`.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { sendFile } from './http';
import { createMock, PASSWORD, SETUP_TOKEN, type Mock, type MockOptions } from './server';

export interface Running {
  mock: Mock;
  /** "http://127.0.0.1:40123" */
  address: string;
  close(): Promise<void>;
}

/** Listens at the loopback address; port 0 takes a free one. */
export async function serve(dist: string, port: number, options: MockOptions = {}): Promise<Running> {
  const mock = createMock(options);
  const server: Server = createServer((request, response) => {
    if (mock.handle(request, response)) return;
    sendFile(dist, decodeURIComponent(new URL(request.url ?? '/', 'http://mock').pathname), response);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: taken } = server.address() as AddressInfo;
  return {
    mock,
    address: `http://127.0.0.1:${taken}`,
    close: () =>
      new Promise((resolve) => {
        mock.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export { PASSWORD, SETUP_TOKEN };
