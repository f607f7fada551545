// Talks to /capstan/v1: JSON in, JSON out, every failure an ApiError with the server's own words.
import type { ErrorBody } from './types';

export class ApiError extends Error {
  constructor(
    /** The HTTP status, or 0 when no answer came. */
    readonly status: number,
    /** The API's code ("not_found"); "unreachable" when no answer came. */
    readonly code: string,
    message: string,
    readonly file = '',
    readonly line = 0,
    readonly column = 0,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** "rules.yaml:3:9", as much of it as is known; "" when nothing is. */
  get where(): string {
    const position = [this.line, this.column].filter((part) => part > 0).join(':');
    return [this.file, position].filter(Boolean).join(':');
  }
}

const REQUEST_TIMEOUT_MS = 30_000;

/** Prometheus' paths answer errors as "1:5: parse error: …"; the position is taken out of the text. */
function positionOf(text: string): { line: number; column: number; message: string } {
  const match = /^(?:invalid parameter "\w+": )?(\d+):(\d+): (.*)$/s.exec(text);
  if (!match) return { line: 0, column: 0, message: text };
  return { line: Number(match[1]), column: Number(match[2]), message: match[3] ?? text };
}

/** Makes an ApiError of any failing answer, also of one that is no JSON (a proxy's page). */
export function errorOf(status: number, statusText: string, body: unknown): ApiError {
  const record = (body ?? {}) as Partial<ErrorBody> & { error?: unknown; errorType?: unknown };
  if (typeof record.error === 'string') {
    const { line, column, message } = positionOf(record.error);
    return new ApiError(status, String(record.errorType ?? 'invalid_argument'), message, '', line, column);
  }
  if (record.error && typeof record.error === 'object') {
    const { code, message, file, line, column } = record.error as ErrorBody['error'];
    return new ApiError(status, code, message, file, line ?? 0, column ?? 0);
  }
  return new ApiError(status, 'internal', statusText || `HTTP ${status}`);
}

// In which language sentences of the server are asked for.
let language = 'en';
export const askIn = (wanted: string) => {
  language = wanted;
};

async function send(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const limit = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const abort = new AbortController();
  for (const source of [limit, signal]) {
    if (source?.aborted) abort.abort(source.reason);
    source?.addEventListener('abort', () => abort.abort(source.reason), { once: true });
  }
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': language };
  if (method !== 'GET') headers['X-Capstan'] = '1';
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  try {
    return await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: abort.signal,
      credentials: 'same-origin',
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    const code = limit.aborted ? 'deadline_exceeded' : 'unreachable';
    throw new ApiError(0, code, error instanceof Error ? error.message : String(error));
  }
}

export async function request<T>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const response = await send(method, path, body, signal);
  let answer: unknown = null;
  try {
    const text = await response.text();
    answer = text === '' ? null : JSON.parse(text);
  } catch {
    if (response.ok) throw new ApiError(response.status, 'internal', 'The answer is not JSON.');
  }
  if (!response.ok) throw errorOf(response.status, response.statusText, answer);
  return answer as T;
}

/** "?a=1&b=2" of what is neither undefined nor empty. */
export function query(parameters: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

const BASE = '/capstan/v1';
export const get = <T>(path: string, signal?: AbortSignal) =>
  request<T>('GET', BASE + path, undefined, signal);
export const post = <T>(path: string, body: unknown = {}) => request<T>('POST', BASE + path, body);
export const del = <T>(path: string) => request<T>('DELETE', BASE + path);
