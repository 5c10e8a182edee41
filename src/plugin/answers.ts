import { longestPath } from '../core/index.ts';
import { kindOf, textProblem } from './checks.ts';

/** The kinds of functions that answer a question of the rules. */
export type FunctionKind = 'group' | 'select' | 'route' | 'integrity';

/** What the plugin's functions of each kind may return, for a message. */
const expected: Readonly<Record<FunctionKind, string>> = {
  group: 'a text or null',
  route: 'a text or null',
  select: 'true or false',
  integrity: 'true, false or a reason',
};

/** A function's answer, or why it is none (completes the sentence `function …`). */
export type Answer = { readonly value: boolean | string | null } | { readonly problem: string };

/** Checks what a plugin's function returned. */
export function answerOf(kind: FunctionKind, result: unknown): Answer {
  const isText = typeof result === 'string' && kind !== 'select';
  const isTruth = typeof result === 'boolean' && (kind === 'select' || kind === 'integrity');
  const isNone = result === null && (kind === 'group' || kind === 'route');
  if (!isText && !isTruth && !isNone)
    return { problem: `returned ${kindOf(result)}; it must return ${expected[kind]}` };
  const wrong = isText && kind === 'group' ? keyProblem(result) : null;
  return wrong === null ? { value: result } : { problem: `returned a group key that ${wrong}` };
}

/** Groups are looked up by their keys, which are as long as paths at most: one that a database would store as another is refused. */
function keyProblem(key: string): string | null {
  // What a search for a name gives that finds none: all such files would be one group.
  if (key === '') return 'is empty; a file that is a group by itself has null';
  const bytes = Buffer.byteLength(key);
  return bytes > longestPath ? `has ${bytes} bytes; a key has at most ${longestPath}` : textProblem(key);
}
