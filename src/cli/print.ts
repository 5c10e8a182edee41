import type { Writable } from 'node:stream';
import { toCarbonationError, type CarbonationError } from '../errors/index.ts';
import { maskUrls, printable, printableJson } from '../core/printable.ts';
import { columnWidths, cutEnd, cutMiddle, fitWidths, rowText } from './width.ts';

export { counted } from '../core/counted.ts';

/** What printing needs of a command's context. */
export interface PrintContext {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Whether a stream is a terminal that takes commands, as to colour or to move the cursor; one inside an editor shows them as signs. */
export function takesCommands(stream: Writable, env: PrintContext['env']): boolean {
  return 'isTTY' in stream && stream.isTTY === true && env['TERM'] !== 'dumb';
}

/** Whether colours belong into a stream: a terminal that takes them, and NO_COLOR is not set. */
export function hasColour(stream: Writable, env: PrintContext['env']): boolean {
  return takesCommands(stream, env) && !env['NO_COLOR'];
}

const codes = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;

/** Functions that colour a text, or leave it as it is. */
export type Paint = Readonly<Record<keyof typeof codes, (text: string) => string>>;

/** The colours of a stream. */
export async function paintFor(stream: Writable, env: PrintContext['env']): Promise<Paint> {
  const { default: picocolors } = await import('picocolors');
  return picocolors.createColors(hasColour(stream, env));
}

/** Prints one line of a result. Names in it are the caller's to escape with `printable`. */
export function printLine(context: PrintContext, line = ''): void {
  context.stdout.write(`${line}\n`);
}

/** Keys whose numbers are moments: `at`, `decidedAt`, `stateSince`, `until`. */
const momentKey = /^(?:at|until|since|lastHeartbeat)$|(?:At|Since)$/;

/** A report for programs: moments as ISO 8601 in UTC. */
export function withMoments(report: object): Readonly<Record<string, unknown>> {
  const text = JSON.stringify(report, (key: string, value: unknown) =>
    momentKey.test(key) && typeof value === 'number' ? new Date(value).toISOString() : value,
  );
  const plain: Readonly<Record<string, unknown>> = JSON.parse(text);
  return plain;
}

/** Prints a result as JSON that ends with a line break; nothing in it can reach a terminal unescaped. */
export async function printJson(context: PrintContext, value: unknown): Promise<void> {
  const lines = JSON.stringify(value, null, 2).split('\n').map(printableJson);
  context.stdout.write(`${lines.join('\n')}\n`);
}

/** What a text keeps when a table is cut, in columns of the terminal: `12 min ago` is to be read. */
const leastText = 10;

/** A cell: a text to escape, or a number, which is put to the right. */
export type TableCell = string | number;

/**
 * Rows in columns without rules around them, as one text; empty when there are no rows. Made in one pass: other rules may have a row for
 * each of 100,000s of groups.
 *
 * @param width - of the terminal, to which texts are cut; null: they stay whole
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly TableCell[])[],
  paint: Paint,
  width: number | null = null,
): string {
  if (rows.length === 0) return '';
  const isRight = head.map(
    (_, i) =>
      rows.some((row) => typeof row[i] === 'number') &&
      rows.every((row) => typeof row[i] === 'number' || row[i] === ''),
  );
  const cells = rows.map((row) => row.map((cell) => printable(String(cell))));
  const natural = columnWidths([head, ...cells]);
  // Half a number would be wrong.
  const least = isRight.map((isNumber) => (isNumber ? Infinity : leastText));
  const widths = fitWidths(natural, width, least);
  // A sentence begins with what matters; names and paths differ at their ends.
  const cut = (cell: string, i: number) => (head[i] === 'reason' ? cutEnd : cutMiddle)(cell, widths[i] ?? 0);
  const shown = width === null ? [head, ...cells] : [head, ...cells].map((row) => row.map(cut));
  const [first = '', ...lines] = shown.map((row) => rowText(row, widths, isRight));
  return [paint.bold(first), ...lines].join('\n');
}

/**
 * Prints an error: what is wrong, its details, the remedy. The stack only if asked for.
 *
 * @returns The exit code.
 */
export async function printError(context: PrintContext, thrown: unknown, verbose: boolean): Promise<1 | 2> {
  const error = toCarbonationError(thrown);
  const paint = await paintFor(context.stderr, context.env);
  const stack = verbose ? stackLines(error).map((line) => paint.dim(clean(line))) : [];
  context.stderr.write(`${paint.red('error:')} ${[problemText(error), ...stack].join('\n')}\n`);
  return error.exitCode;
}

/** Prints what is wrong although the command goes on. */
export async function printWarning(context: PrintContext, problem: CarbonationError): Promise<void> {
  const paint = await paintFor(context.stderr, context.env);
  context.stderr.write(`${paint.yellow('warning:')} ${problemText(problem)}\n`);
}

function problemText({ message, details, remedy }: CarbonationError): string {
  const more = details.filter((detail) => !message.includes(detail));
  return [message, ...more, remedy].map(clean).join('\n  ');
}

function clean(text: string): string {
  return printable(maskUrls(text));
}

function stackLines(error: CarbonationError): readonly string[] {
  const causes: string[] = [];
  let current: unknown = error;
  while (current instanceof Error && causes.length < 200) {
    causes.push(...(current.stack ?? String(current)).split('\n'));
    current = current.cause;
  }
  return causes;
}
