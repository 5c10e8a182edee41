import type { Metadata } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import { isOfFunction } from './answers.ts';
import { compilePattern, type Pattern } from './pattern.ts';
import type { FieldCondition, SelectionBlock } from './types.ts';
import { hasValue, showValue, valueText } from './values.ts';

/** What one selection block says, with the reason in words. */
export interface Verdict {
  /** 1-based, in the order of rules.toml. */
  readonly block: number;
  readonly passed: boolean;
  readonly reason: string;
}

/** Whether a group is selected, and why. */
export interface SelectionResult {
  readonly selected: boolean;
  /** One for each block; empty when the rule set has none. */
  readonly verdicts: readonly Verdict[];
  /** What went wrong on the way: functions that threw, or answered neither true nor false. */
  readonly notes: readonly string[];
}

/** Calls a plugin's selection function by key; anything but a boolean rejects the block, and so does a throw of its own. */
export type CallSelect = (
  fn: string,
  input: { readonly metadata: Metadata } & Readonly<Record<string, unknown>>,
) => Promise<unknown>;

interface CompiledPattern extends Pattern {
  readonly source: string;
}

interface CompiledField {
  readonly name: string;
  readonly matches: readonly CompiledPattern[];
  readonly notMatches: readonly CompiledPattern[];
}

interface CompiledBlock extends Pick<SelectionBlock, 'hasKeys' | 'lacksKeys' | 'plugin'> {
  readonly fields: readonly CompiledField[];
}

/** A rule set's selection with its patterns compiled. Immutable. */
export interface Selection {
  readonly blocks: readonly CompiledBlock[];
}

/**
 * Compiles selection blocks.
 *
 * @throws CarbonationError CONFIG_INVALID for a pattern that is no regular expression.
 */
export function compileSelection(blocks: readonly SelectionBlock[]): Selection {
  return { blocks: blocks.map((block) => ({ ...block, fields: block.fields.map(compileField) })) };
}

function compileField({ name, matches, notMatches }: FieldCondition): CompiledField {
  const compile = (source: string): CompiledPattern => ({ source, ...compilePattern(source) });
  return { name, matches: matches.map(compile), notMatches: notMatches.map(compile) };
}

/**
 * Judges metadata: selected when any block passes, or when there is none. It answers at once unless a plugin
 * function must be asked. Functions are asked only where the block's other conditions hold and no earlier block
 * has passed. It rejects when a function gives no answer.
 *
 * @throws CarbonationError PATTERN_TIMEOUT
 */
export function evaluateSelection(
  selection: Selection,
  metadata: Metadata,
  call: CallSelect,
): SelectionResult | Promise<SelectionResult> {
  return judgeFrom(0, [], { selection, metadata, call });
}

interface Case {
  readonly selection: Selection;
  readonly metadata: Metadata;
  readonly call: CallSelect;
}

/** A verdict, with what went wrong with its function, if anything. */
interface Judged extends Verdict {
  readonly note: string | null;
}

function judgeFrom(start: number, before: readonly Judged[], input: Case): SelectionResult | Promise<SelectionResult> {
  const { blocks } = input.selection;
  const verdicts = [...before];
  for (const [index, block] of blocks.entries()) {
    if (index < start) continue;
    const verdict = judgeData(block, index + 1, input.metadata);
    const accepted = verdicts.find((earlier) => earlier.passed);
    if (!verdict.passed || block.plugin === null) verdicts.push({ ...verdict, note: null });
    else if (accepted !== undefined) {
      verdicts.push({ ...notAsked(index + 1, block.plugin.function, accepted.block), note: null });
    } else {
      const asked = askPlugin(block.plugin, index + 1, input);
      return asked.then((answer) => judgeFrom(index + 1, [...verdicts, answer], input));
    }
  }
  return {
    selected: blocks.length === 0 || verdicts.some((verdict) => verdict.passed),
    verdicts: verdicts.map(({ block, passed, reason }) => ({ block, passed, reason })),
    notes: verdicts.flatMap(({ note }) => note ?? []),
  };
}

function notAsked(block: number, fn: string, accepted: number): Verdict {
  return { block, passed: false, reason: `function "${fn}" was not asked: block ${accepted} accepts the group` };
}

async function askPlugin(
  plugin: NonNullable<SelectionBlock['plugin']>,
  block: number,
  { metadata, call }: Case,
): Promise<Judged> {
  const wrong = (reason: string): Judged => ({
    block,
    passed: false,
    reason,
    note: `selection block ${block}: ${reason}`,
  });
  const name = `function "${plugin.function}"`;
  try {
    const answer = await call(plugin.function, { ...plugin.kwargs, metadata });
    if (typeof answer === 'boolean') {
      return { block, passed: answer, reason: `${name} ${answer ? 'accepts' : 'rejects'} the group`, note: null };
    }
    return wrong(`${name} answered ${showValue(answer)}, neither true nor false`);
  } catch (error) {
    if (!isOfFunction(error)) throw error;
    return wrong(`${name} failed: ${messageOf(error)}`);
  }
}

function judgeData(block: CompiledBlock, number: number, metadata: Metadata): Verdict {
  const holding: string[] = [];
  const failures: string[] = [];
  const note = (holds: boolean, reason: string): void => void (holds ? holding : failures).push(reason);
  for (const key of block.hasKeys) {
    const holds = hasValue(metadata, key);
    note(holds, holds ? `${key} = ${showValue(metadata[key])} is present` : `${key} is missing`);
  }
  for (const key of block.lacksKeys) {
    const holds = !hasValue(metadata, key);
    note(holds, holds ? `${key} is absent` : `${key} = ${showValue(metadata[key])} is present, and must be absent`);
  }
  for (const field of block.fields) judgeField(field, metadata, note);
  const passed = failures.length === 0;
  return { block: number, passed, reason: (passed ? holding : failures).join('; ') };
}

function judgeField(
  { name, matches, notMatches }: CompiledField,
  metadata: Metadata,
  note: (holds: boolean, reason: string) => void,
): void {
  if (!hasValue(metadata, name)) {
    const isAsked = matches.length > 0;
    note(!isAsked, isAsked ? `${name} is missing, so it does not match ${listed(matches)}` : `${name} is missing`);
    return;
  }
  const value = metadata[name];
  const text = valueText(value);
  const shown = `${name} = ${showValue(value)}`;
  if (matches.length > 0) {
    const found = matches.find((pattern) => pattern.test(text));
    note(
      found !== undefined,
      found === undefined ? `${shown} does not match ${listed(matches)}` : `${shown} matches ${found.source}`,
    );
  }
  if (notMatches.length > 0) {
    const unwanted = notMatches.find((pattern) => pattern.test(text));
    note(
      unwanted === undefined,
      unwanted === undefined
        ? `${shown} does not match ${listed(notMatches)}, as it must not`
        : `${shown} matches ${unwanted.source}, and must not`,
    );
  }
}

function listed(patterns: readonly CompiledPattern[]): string {
  const sources = patterns.map(({ source }) => source).join(', ');
  return patterns.length > 1 ? `any of ${sources}` : sources;
}
