import type { MiddlewareHandler } from 'hono';
import { isLoopback } from '../config/http.ts';
import type { Refusal } from './protocol.ts';
import { bearsToken } from './token.ts';

/** Whom the server lets do what. */
export interface GuardOptions {
  /** The host that it listens on. */
  readonly host: string;
  /** Null: nobody may do anything but look. */
  readonly token: string | null;
}

const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
};

/** Headers that keep a browser from running, framing or guessing anything. */
export const withHeaders: MiddlewareHandler = async (context, next) => {
  for (const [name, value] of Object.entries(headers)) context.header(name, value);
  await next();
};

/**
 * On a loopback address only requests to this machine by its own names are
 * answered: a page elsewhere that lets its name point here (DNS rebinding)
 * would otherwise read along in a visitor's browser.
 */
export function ownHost({ host }: GuardOptions): MiddlewareHandler {
  return async (context, next) => {
    if (isLoopback(host) && !isLoopback(hostOf(context.req.header('host')))) {
      return context.json(refusal('FORBIDDEN', 'this server answers to localhost only'), 421);
    }
    await next();
  };
}

/** Reading is free on a loopback address; anything else needs the token in a header, which no foreign page can set. */
export function needsToken({ host, token }: GuardOptions): MiddlewareHandler {
  return async (context, next) => {
    const isReading = context.req.method === 'GET' || context.req.method === 'HEAD';
    if (isReading && isLoopback(host)) return next();
    if (token === null) {
      return context.json(refusal('READ_ONLY', 'the page only shows: `[http] token_file` is not set'), 403);
    }
    if (bearsToken(context.req.header('authorization'), token)) return next();
    return context.json(refusal('UNAUTHORIZED', 'the token is missing or wrong'), 401, {
      'WWW-Authenticate': 'Bearer',
    });
  };
}

function hostOf(header: string | undefined): string {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(header ?? '');
  return (match?.[1] ?? match?.[2] ?? '').toLowerCase();
}

/** Why a request is not answered, as the page is told of errors. */
export function refusal(code: string, message: string): Refusal {
  return { error: { code, message, remedy: '' } };
}
