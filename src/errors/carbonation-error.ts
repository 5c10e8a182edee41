import { inspect } from 'node:util';
import { catalogue, type ErrorCode } from './catalogue.ts';

/** An error as plain data: how it crosses threads and is stored. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
  readonly details?: readonly string[];
}

/** What an error may carry besides its message. */
export interface ErrorOptions {
  /** Replaces the catalogue's remedy where the place knows a better one; a limit of the system as the cause has its own. */
  readonly remedy?: string;
  /** Further lines, e.g. every problem of a file. */
  readonly details?: readonly string[];
  readonly cause?: unknown;
}

/**
 * The one error class of the program: a stable code, a sentence that says what
 * is wrong, and a remedy.
 */
export class CarbonationError extends Error {
  /** Stable, for programs; docs/errors.md lists all. */
  readonly code: ErrorCode;
  /** What helps, in one sentence. */
  readonly remedy: string;
  /** Further lines, e.g. every problem of a file; empty: there are none. */
  readonly details: readonly string[];

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CarbonationError';
    this.code = code;
    this.remedy = options.remedy ?? limitRemedies[systemCode(options.cause) ?? ''] ?? catalogue[code].remedy;
    this.details = options.details ?? [];
  }

  /** Whether waiting and trying again can help. */
  get retryable(): boolean {
    return catalogue[this.code].retryable;
  }

  /** The exit code of a command that this error ends. */
  get exitCode(): 1 | 2 {
    return catalogue[this.code].exit;
  }

  /** The error as data, from which {@link fromPlain} makes it again; its cause stays behind. */
  toPlain(): PlainError {
    return {
      code: this.code,
      message: this.message,
      remedy: this.remedy,
      ...(this.details.length > 0 && { details: this.details }),
    };
  }

  /** Rebuilds an error that was sent from another thread. */
  static fromPlain(plain: PlainError): CarbonationError {
    return new CarbonationError(plain.code, plain.message, { remedy: plain.remedy, details: plain.details ?? [] });
  }
}

/** The error itself, or anything thrown made one (code INTERNAL unless said otherwise). */
export function toCarbonationError(thrown: unknown, code: ErrorCode = 'INTERNAL'): CarbonationError {
  if (thrown instanceof CarbonationError) return thrown;
  return new CarbonationError(code, messageOf(thrown), { cause: thrown });
}

/** What helps where a limit of the system is reached, by Node's codes: then nothing else is at fault. */
export const limitRemedies: Readonly<Record<string, string>> = {
  EMFILE: 'raise the limit of open files: LimitNOFILE= of systemd, --ulimit nofile= of a container, ulimit -n',
  ENOSPC: 'make room on the disk; `df -i` says whether it has run out of inodes',
  EDQUOT: 'make room, or raise the quota of the user of the service',
  EROFS: 'make the disk writable again; under systemd, ReadWritePaths= must list the directory',
};

/** The message of anything thrown, on one line. */
export function messageOf(thrown: unknown): string {
  const gathered: readonly unknown[] = thrown instanceof AggregateError && !thrown.message ? thrown.errors : [];
  // Node says of each address of a host why it cannot be reached, and nothing of the host.
  const text = gathered.length > 0 ? gathered.map(sentenceOf).join('; ') : sentenceOf(thrown);
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

function sentenceOf(thrown: unknown): string {
  return thrown instanceof Error ? wordsOf(thrown) : textOf(thrown);
}

/** They are texts by their types only: a plugin throws what it likes. */
function wordsOf({ message, name }: { readonly message: unknown; readonly name: unknown }): string {
  return String(message || name);
}

/** Of an object String() tells nothing, and some it cannot tell of at all. */
function textOf(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : inspect(thrown, { breakLength: Infinity });
}

/** The `code` of a Node system error (`ENOENT` …), if it has one. */
export function systemCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** Whether a system error says that there is nothing at a path: no such name, or a file in the place of a directory above it. */
export function isAbsence(thrown: unknown): boolean {
  const code = systemCode(thrown);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Whether no file is behind a path: there is nothing at it, or links that lead in a circle. */
export function isGone(thrown: unknown): boolean {
  return isAbsence(thrown) || systemCode(thrown) === 'ELOOP';
}
