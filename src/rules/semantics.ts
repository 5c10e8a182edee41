import { problemsOf, type ProblemMaker } from '../config/problem.ts';
import type { Problem } from '../config/types.ts';
import { globFault } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import { compilePattern } from './pattern.ts';
import type { RawCompleteness, RawField, RawRouting, RawRuleSet, RawSelection } from './raw.ts';

/** An extension with its leading dot. */
export function withDot(extension: string): string {
  return extension.startsWith('.') ? extension : `.${extension}`;
}

/** What a JSON schema cannot say about a rule set that is valid otherwise. */
export function ruleSetSemantics(name: string, set: RawRuleSet, file: string): Problem[] {
  const make = problemsOf(file);
  return [
    ...(set.completeness === undefined ? [] : completenessProblems(name, set.completeness, make)),
    ...set.integrity.flatMap((check, index) => {
      const path = [name, 'integrity', index];
      return check.type === 'plugin' ? kwargsProblems(check.kwargs, 'filePath', path, make) : [];
    }),
    ...set.selection.flatMap((block, index) => selectionProblems(name, index, block, make)),
    ...set.routing.flatMap((rule, index) => routingProblems(name, index, rule, make)),
  ];
}

function completenessProblems(name: string, raw: RawCompleteness, make: ProblemMaker): Problem[] {
  const problems: Problem[] = [];
  const path = [name, 'completeness'];
  if (raw.group_by === 'plugin' && raw.group_function === undefined) {
    problems.push(make.error([...path, 'group_function'], 'missing; group_by = "plugin" needs it'));
  }
  if (raw.group_by === 'stem' && raw.group_function !== undefined) {
    problems.push(make.warning([...path, 'group_function'], 'is not used', 'set group_by = "plugin" to use it'));
  }
  const expected = raw.expected_extensions.map(withDot);
  if (expected.length === 0) {
    problems.push(make.warning([...path, 'expected_extensions'], 'none: a group is complete with its first file'));
  }
  const globs = expected.filter((extension) => /[*?[\]{}]/.test(extension));
  if (globs.length > 0) {
    const message = `${globs.join(', ')}: taken to the letter, not as a glob; no group will be complete without such a name`;
    problems.push(make.warning([...path, 'expected_extensions'], message));
  }
  const primary = raw.primary_extension === undefined ? null : withDot(raw.primary_extension);
  if (primary !== null && expected.length > 0 && !expected.includes(primary)) {
    const message = `rule set "${name}": "${primary}" is not in expected_extensions (${expected.join(', ')})`;
    problems.push(make.warning([...path, 'primary_extension'], message));
  }
  return problems;
}

function selectionProblems(name: string, index: number, raw: RawSelection, make: ProblemMaker): Problem[] {
  const path = [name, 'selection', index];
  const problems: Problem[] = [];
  if (!hasCondition(raw)) {
    const condition = 'has_keys, lacks_keys, field or type = "plugin"';
    problems.push(make.error(path, `rule set "${name}": a selection block needs a condition: ${condition}`));
  }
  if (raw.type === 'plugin' && raw.function === undefined) {
    problems.push(make.error([...path, 'function'], 'missing; type = "plugin" needs it'));
  }
  for (const key of ['function', 'kwargs'] as const) {
    if (raw.type === undefined && raw[key] !== undefined) {
      problems.push(make.error([...path, key], 'has no effect without type = "plugin"', 'add type = "plugin"'));
    }
  }
  problems.push(...kwargsProblems(raw.kwargs, 'metadata', path, make));
  if (typeof raw.field === 'string') {
    return [...problems, ...fieldProblems(name, { ...raw, name: raw.field }, path, make)];
  }
  for (const key of ['matches', 'not_matches'] as const) {
    if (raw[key] !== undefined) {
      const suggestion = 'add field = "NAME", or write field = [{ name = "NAME", matches = [...] }]';
      problems.push(make.error([...path, key], 'does not say which field it is about', suggestion));
    }
  }
  const fields = raw.field ?? [];
  const inner = fields.flatMap((field, at) => {
    const place = [...path, 'field', at];
    return fieldProblems(name, field, place, make);
  });
  return [...problems, ...inner];
}

/** A function has one input: what it is always given has a name that no argument of a rule can have. */
function kwargsProblems(kwargs: RawSelection['kwargs'], taken: string, path: Path, make: ProblemMaker): Problem[] {
  if (kwargs === undefined || !Object.hasOwn(kwargs, taken)) return [];
  const message = `the function is given \`${taken}\` by carbonation, and would not see this one`;
  return [make.error([...path, 'kwargs', taken], message, 'give it another name')];
}

function hasCondition({ has_keys: has, lacks_keys: lacks, field, type, ...rest }: RawSelection): boolean {
  // Said already: patterns without a field, a function without a type.
  const misplaced = rest.matches ?? rest.not_matches ?? rest.function;
  if (misplaced !== undefined || type !== undefined || typeof field === 'string') return true;
  return [has, lacks, field].some((conditions) => (conditions?.length ?? 0) > 0);
}

type Path = readonly (string | number)[];

function fieldProblems(name: string, field: RawField, path: Path, make: ProblemMaker): Problem[] {
  const problems: Problem[] = [];
  if ((field.matches?.length ?? 0) + (field.not_matches?.length ?? 0) === 0) {
    const message = `rule set "${name}", field "${field.name}": needs a pattern in matches or not_matches`;
    problems.push(make.error(path, message));
  }
  for (const key of ['matches', 'not_matches'] as const) {
    for (const [at, pattern] of (field[key] ?? []).entries()) {
      const reason = patternReason(pattern);
      if (reason === null) continue;
      problems.push(make.error([...path, key, at], `rule set "${name}", field "${field.name}": ${reason}`));
    }
  }
  return problems;
}

function patternReason(pattern: string): string | null {
  try {
    compilePattern(pattern);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

function routingProblems(name: string, index: number, raw: RawRouting, make: ProblemMaker): Problem[] {
  const path = [name, 'routing', index];
  const isPlugin = raw.type === 'plugin';
  const needed = isPlugin ? (['function'] as const) : (['match', 'archive'] as const);
  const needless = isPlugin ? (['match', 'archive'] as const) : (['function'] as const);
  const form = isPlugin ? 'type = "plugin"' : 'a routing rule without type = "plugin"';
  const missing = needed.filter((key) => raw[key] === undefined);
  const fault = raw.match === undefined ? null : globFault(raw.match);
  return [
    ...(fault === null ? [] : [make.error([...path, 'match'], `rule set "${name}": ${fault}`)]),
    ...missing.map((key) => make.error([...path, key], `rule set "${name}": missing; ${form} needs it`)),
    ...needless
      .filter((key) => raw[key] !== undefined)
      .map((key) => make.error([...path, key], `rule set "${name}": does not belong to ${form}`)),
  ];
}
