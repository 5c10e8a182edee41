import type { ActionAnswer, Refusal } from '../../src/web/protocol.ts';

const tokenKey = 'carbonation.token';

/** The token that was entered; it goes with the tab. */
export function storedToken(): string | null {
  return sessionStorage.getItem(tokenKey);
}

/** Keeps a token for this tab; null: forgets it. */
export function storeToken(token: string | null): void {
  if (token === null) sessionStorage.removeItem(tokenKey);
  else sessionStorage.setItem(tokenKey, token);
}

/** An answer that is none. */
export class RequestError extends Error {
  readonly status: number;
  readonly remedy: string;

  constructor(status: number, message: string, remedy: string) {
    super(message);
    this.name = 'RequestError';
    this.status = status;
    this.remedy = remedy;
  }
}

/** What is said where nothing is heard of the service. */
export function noAnswer(): RequestError {
  return new RequestError(0, 'The service does not answer.', 'Is it running?');
}

/** Asks the server; the token goes along when there is one, and is forgotten when the server does not take it. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const token = storedToken();
  const headers = new Headers(init.headers);
  if (token !== null) headers.set('Authorization', `Bearer ${token}`);
  const response = await fetch(path, { ...init, headers }).catch(() => {
    throw noAnswer();
  });
  if (response.ok) return response;
  // Another one may have been entered meanwhile.
  if (response.status === 401 && token === storedToken()) storeToken(null);
  const refusal = (await response.json().catch(() => null)) as Refusal | null;
  const { message = `The service answered ${response.status}.`, remedy = '' } = refusal?.error ?? {};
  throw new RequestError(response.status, message, remedy);
}

/** Asks the service; what it answers is believed to have the type. */
export async function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  const response = await request(path, signal === undefined ? {} : { signal });
  return (await response.json()) as Answer;
}

/** The same of an answer that is a text, such as a drawing. */
export async function getText(path: string, signal: AbortSignal): Promise<string> {
  return (await request(path, { signal })).text();
}

/** Asks for another try of groups. */
export async function retry(order: object): Promise<number> {
  const response = await request('/api/retry', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(order),
  });
  return ((await response.json()) as ActionAnswer).groups;
}
