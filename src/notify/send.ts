import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { unescape } from 'node:querystring';
import { setTimeout as sleep } from 'node:timers/promises';
import { readTextFile } from '../config/text-file.ts';
import type { NotifyConfig } from '../config/types.ts';
import { longestDelayMs } from '../core/index.ts';
import { maskUrls } from '../core/printable.ts';
import { Slots } from '../core/slots.ts';
import { CarbonationError, systemCode } from '../errors/index.ts';
import type { NotifyMessage } from './message.ts';

/** How much of a command's stderr is kept for the log. */
const keptErrorBytes = 2000;
/** How long the last line of a command that has failed is waited for, in ms: what it has left running may keep its stderr open. */
const lastWordsMs = 500;

/** Programs are started one after the other, and so many times as long as a start took nothing is. */
const restPerStart = 3;
const starts = new Slots(1);
let restMs = 0;

/** Where commands run. */
export interface SendOptions {
  /** The directory of config.toml. */
  readonly directory: string;
  /** Aborted: the attempt is broken off, or not begun. */
  readonly signal: AbortSignal;
}

/**
 * Delivers one message, once.
 *
 * @throws CarbonationError NOTIFY_FAILED: it was not taken; the message holds neither the arguments nor the URL, which may
 *   be secret.
 */
export async function send(
  notifier: Pick<NotifyConfig, 'target' | 'timeoutMs'>,
  message: NotifyMessage,
  options: SendOptions,
): Promise<void> {
  // Nothing would hear it any more: a signal says only once that it is aborted.
  if (options.signal.aborted) throw failed('nothing is sent any more');
  const { target, timeoutMs } = notifier;
  const limited = (work: (limit: AbortSignal) => Promise<void>) => within(timeoutMs, options.signal, work);
  const body = JSON.stringify(message);
  if (target.kind === 'url') return limited((limit) => post(target.url, target.tokenFile, message, body, limit));
  const { ended } = await inTurn(options.signal, () => ({
    ended: limited((limit) => runCommand(target.command, body, options.directory, limit)),
  }));
  await ended;
}

/** Breaks work off after a time, or when `signal` says so. What it needs goes with it: a signal of Node's own keeps its timer until that is over. */
async function within(ms: number, signal: AbortSignal, work: (limit: AbortSignal) => Promise<void>): Promise<void> {
  const limit = new AbortController();
  const stop = (): void => limit.abort();
  const timer = setTimeout(stop, Math.min(ms, longestDelayMs)).unref();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await work(limit.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Starting a program holds up the main thread for as long as it takes to copy the process, the longer the larger that is: many
 * commands with many events must not take all of its time.
 */
function inTurn<Started>(signal: AbortSignal, start: () => Started): Promise<Started> {
  return starts.run(async () => {
    await sleep(restMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw failed('nothing is sent any more');
    const begun = performance.now();
    const started = start();
    restMs = (performance.now() - begun) * restPerStart;
    return started;
  });
}

async function runCommand(
  [program, ...args]: readonly [string, ...string[]],
  body: string,
  cwd: string,
  signal: AbortSignal,
): Promise<void> {
  const name = basename(program);
  await new Promise<void>((resolve, reject) => {
    const fail = (reason: string): void => reject(failed(`the command ${name} ${reason}`));
    // What it tells systemd would be taken for the service's word.
    const env = { ...process.env, NOTIFY_SOCKET: undefined };
    // A group of its own, so that what it has started ends with it.
    const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'ignore', 'pipe'], detached: true });
    let said = '';
    const stop = (): void => {
      killGroup(child.pid);
      fail('took too long or was broken off');
    };
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', (error) => {
      signal.removeEventListener('abort', stop);
      fail(`cannot be started (${systemCode(error) ?? 'error'})`);
    });
    // Where no descriptor is left there are none.
    const { stdin, stderr }: Partial<Pick<typeof child, 'stdin' | 'stderr'>> = child;
    stderr?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-keptErrorBytes);
    });
    // Not every command reads what it is given.
    stdin?.on('error', () => undefined);
    stdin?.end(`${body}\n`);
    child.on('exit', (code, killedBy) => {
      signal.removeEventListener('abort', stop);
      if (code === 0) {
        // What it leaves running may keep the pipe open; nobody reads it any more.
        stderr?.destroy();
        resolve();
        return;
      }
      // Its last words may still be on their way.
      const limit = setTimeout(() => stderr?.destroy(), lastWordsMs);
      child.on('close', () => {
        clearTimeout(limit);
        fail(`ended with ${killedBy ?? `exit code ${code}`}${lastLine(said, args)}`);
      });
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

/** What of a URL comes behind its host: of a webhook it is a secret. */
const urlPath = /(\bhttps?:\/\/[^\s/?#]+)[/?#]\S+/gi;
/** Shorter arguments are a part of too many words. */
const shortestMasked = 4;

/** Without what may be secret: programs quote the URL that they could not reach, and the argument that they do not know. */
function lastLine(text: string, args: readonly string[]): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  if (line === '') return '';
  const masked = args
    .flatMap((arg) => [arg, arg.slice(arg.indexOf('=') + 1)])
    // Some programs quote what is behind the host alone.
    .flatMap((word) => [word, word.replace(/^https?:\/\/[^/]+/i, '')])
    .filter(({ length }) => length >= shortestMasked)
    // One may begin another.
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, word) => rest.replaceAll(word, () => '***'), line.replaceAll(urlPath, '$1/***'));
  return `: ${maskUrls(masked)}`;
}

async function post(
  url: string,
  tokenFile: string | null,
  message: NotifyMessage,
  body: string,
  signal: AbortSignal,
): Promise<void> {
  const target = new URL(url);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'carbonation',
    'idempotency-key': message.id,
    ...(await authorization(target, tokenFile)),
  };
  target.username = '';
  target.password = '';
  try {
    const response = await fetch(target, { method: 'POST', headers, body, redirect: 'manual', signal });
    await response.body?.cancel();
    if (!response.ok) throw failed(`${target.host} answered ${response.status}`);
  } catch (thrown) {
    if (thrown instanceof CarbonationError) throw thrown;
    if (signal.aborted) throw failed(`${target.host} took too long or was broken off`);
    throw failed(`${target.host} cannot be reached (${reasonOf(thrown)})`);
  }
}

/** Of an error of `fetch` only what cannot hold a secret. */
function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  const isRefusedPort = cause instanceof Error && cause.message === 'bad port';
  return systemCode(cause) ?? (isRefusedPort ? 'web requests may not use this port' : 'the request failed');
}

/** Who asks: the token of a file, or the user of the URL, which `fetch` does not take there; `%` may stand for itself. */
async function authorization(url: URL, tokenFile: string | null): Promise<Readonly<Record<string, string>>> {
  if (tokenFile !== null) return { authorization: `Bearer ${await readBearerToken(tokenFile)}` };
  if (url.username === '' && url.password === '') return {};
  const user = `${unescape(url.username)}:${unescape(url.password)}`;
  return { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
}

/**
 * Reads the token of `[[notify]] token_file`.
 *
 * @throws CarbonationError NOTIFY_FAILED: there is none, or it cannot be read
 */
export async function readBearerToken(path: string): Promise<string> {
  const { text, reason } = await readTextFile(path);
  if (reason !== null) throw failed(`${path} ${reason}`);
  const token = text.trim();
  if (!/^[\x21-\x7E]+$/.test(token)) throw failed(`${path} holds no token on one line`);
  return token;
}

function failed(reason: string): CarbonationError {
  return new CarbonationError('NOTIFY_FAILED', reason);
}
