import { formatKey, type KeyPath } from './key-path.ts';
import type { Problem } from './types.ts';

/** Makes problems of one file; `path` becomes the problem's key, the line is found later. */
export interface ProblemMaker {
  error(path: KeyPath, message: string, suggestion?: string | null): Problem;
  warning(path: KeyPath, message: string, suggestion?: string | null): Problem;
}

/** A {@link ProblemMaker} for the file as its user named it. */
export function problemsOf(file: string): ProblemMaker {
  const make =
    (severity: Problem['severity']) =>
    (path: KeyPath, message: string, suggestion: string | null = null): Problem => ({
      severity,
      file,
      line: null,
      key: formatKey(path),
      message,
      suggestion,
    });
  return { error: make('error'), warning: make('warning') };
}

/** One line for people: `config.toml:12: service.poll_intervall: unknown key; did you mean "poll_interval"?`. */
export function formatProblem(problem: Problem): string {
  return lineOf(problem, problem.severity === 'warning' ? 'warning: ' : '');
}

/** The same where how bad it is is said already. */
export function formatUngraded(problem: Problem): string {
  return lineOf(problem, '');
}

function lineOf({ file, line, key, message, suggestion }: Problem, severity: string): string {
  const place = line === null ? file : `${file}:${line}`;
  const named = key === '' ? '' : `${key}: `;
  const further = suggestion === null ? '' : `; ${suggestion}`;
  return `${place}: ${severity}${named}${message}${further}`.replaceAll(/\s*[\r\n]\s*/g, ' ');
}

/** Whether any of the problems makes the file unusable. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

/** Freezes plain data all the way down, and returns it. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
