// What every answer of the mock shares: JSON, errors with a code, bodies with a limit, files of the built page.
import { createReadStream, existsSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';

import type { ErrorBody } from '../src/api/types';

const STATUS: Record<string, number> = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  failed_precondition: 409,
  resource_exhausted: 413,
  unimplemented: 501,
  internal: 500,
};

export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly place: { file?: string; line?: number; column?: number } = {},
  ) {
    super(message);
  }
}

export function sendJson(response: ServerResponse, status: number, body: unknown) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
}

export function sendRefusal(response: ServerResponse, refusal: Refusal) {
  const body: ErrorBody = { error: { code: refusal.code, message: refusal.message, ...refusal.place } };
  sendJson(response, STATUS[refusal.code] ?? 500, body);
}

const BODY_LIMIT = 1024 * 1024;

export async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > BODY_LIMIT) throw new Refusal('resource_exhausted', 'A body may have at most 1 MiB.');
  }
  if (text === '') return {};
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    throw new Refusal('invalid_argument', 'Content-Type must be application/json.');
  }
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Refusal('invalid_argument', 'The body is not JSON.');
  }
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** Serves a built page as Capstan does: strict policy, and index.html for every address of a page. */
export function sendFile(root: string, path: string, response: ServerResponse) {
  let file = join(root, normalize(path));
  if (!file.startsWith(root) || !existsSync(file) || statSync(file).isDirectory())
    file = join(root, 'index.html');
  response.writeHead(200, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Content-Security-Policy':
      "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    'X-Content-Type-Options': 'nosniff',
  });
  createReadStream(file).pipe(response);
}
