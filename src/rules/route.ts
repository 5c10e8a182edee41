import { listNames } from '../core/counted.ts';
import { compileGlobs, type Metadata } from '../core/index.ts';
import { CarbonationError, messageOf } from '../errors/index.ts';
import { isOfFunction } from './answers.ts';
import { fileNameOf } from './group.ts';
import type { RoutingRule, RuleSet } from './types.ts';
import { showValue } from './values.ts';

/** Calls a plugin's routing function by key; a throw of its own counts as null, and is noted. */
export type CallRoute = (fn: string, input: { readonly metadata: Metadata }) => Promise<unknown>;

type CompiledRule =
  | {
      readonly type: 'match';
      readonly match: string;
      readonly archive: string;
      readonly test: (name: string) => boolean;
    }
  | { readonly type: 'plugin'; readonly function: string };

/** A rule set's routing with its globs compiled. Immutable. */
export interface Routing {
  readonly ruleSet: string;
  readonly rules: readonly CompiledRule[];
  /** The rule set's own archive. */
  readonly archive: string | null;
}

/** What routing needs to know of a group. */
export interface RouteInput {
  readonly groupKey: string;
  /** Names of the components, or paths with `/` separators. */
  readonly fileNames: readonly string[];
  readonly metadata: Metadata;
  readonly watch: { readonly name: string; readonly archive: string | null };
  /** Whether an archive of this name exists. */
  readonly isArchive: (name: string) => boolean;
  readonly call: CallRoute;
}

/** What one routing rule, or what stands in for one, says of a group. */
export interface RouteStep {
  /** `routing rule 2 (*.json)`, `rule set "images"`, `watch "incoming"`. */
  readonly rule: string;
  /** It gives the archive. */
  readonly answers: boolean;
  readonly reason: string;
}

/** Where a group goes, and why. */
export interface RouteResult {
  /** Null: neither a rule nor the rule set nor the watch names an archive that exists. */
  readonly archive: string | null;
  /** The rule, rule set or watch that decided, in words. */
  readonly routedBy: string;
  /** What went wrong on the way, e.g. a function that threw. */
  readonly notes: readonly string[];
  /** Every rule that was asked, in order. */
  readonly steps: readonly RouteStep[];
}

/**
 * Compiles the routing of a rule set.
 *
 * @throws CarbonationError CONFIG_INVALID for a glob that cannot be compiled.
 */
export function compileRouting(ruleSet: Pick<RuleSet, 'name' | 'archive' | 'routing'>): Routing {
  return { ruleSet: ruleSet.name, rules: ruleSet.routing.map(compileRule), archive: ruleSet.archive };
}

function compileRule(rule: RoutingRule): CompiledRule {
  if (rule.type === 'plugin') return rule;
  try {
    return { ...rule, test: compileGlobs([rule.match]) };
  } catch (error) {
    throw new CarbonationError('CONFIG_INVALID', `"${rule.match}" is not a glob: ${messageOf(error)}`, {
      remedy: 'correct `match` in rules.toml',
      cause: error,
    });
  }
}

/**
 * Finds the archive of a group: the first rule that answers, else the rule set's archive, else the watch's. A rule
 * that throws or names no existing archive is noted and passed over. It answers at once unless a plugin function
 * must be asked. It rejects when one gives no answer.
 */
export function evaluateRouting(routing: Routing, input: RouteInput): RouteResult | Promise<RouteResult> {
  return routeFrom(0, [], routing, input);
}

/** A rule that was asked, with what went wrong with it, if anything. */
interface Asked extends RouteStep {
  readonly archive: string | null;
  readonly note: string | null;
}

function routeFrom(
  start: number,
  before: readonly Asked[],
  routing: Routing,
  input: RouteInput,
): RouteResult | Promise<RouteResult> {
  const asked = [...before];
  for (const [index, rule] of routing.rules.entries()) {
    if (index < start) continue;
    const title = titleOf(rule, index + 1);
    if (rule.type === 'plugin') {
      return ask(rule.function, title, input).then((answer) => {
        if (answer.answers) return resultOf([...asked, answer]);
        return routeFrom(index + 1, [...asked, answer], routing, input);
      });
    }
    const answer = tryMatch(rule, title, input);
    asked.push(answer);
    if (answer.answers) return resultOf(asked);
  }
  return fallBack(asked, routing, input);
}

function resultOf(asked: readonly Asked[]): RouteResult {
  const found = asked.find(({ answers }) => answers);
  return {
    archive: found?.archive ?? null,
    routedBy: found?.rule ?? 'nothing',
    notes: asked.flatMap(({ note }) => note ?? []),
    steps: asked.map(({ rule, answers, reason }) => ({ rule, answers, reason })),
  };
}

function titleOf(rule: CompiledRule, number: number): string {
  return `routing rule ${number} (${rule.type === 'match' ? rule.match : `function "${rule.function}"`})`;
}

/** The most names that a reason shows. */
const mostNames = 5;

function tryMatch(
  { test, archive }: Extract<CompiledRule, { type: 'match' }>,
  title: string,
  { groupKey, fileNames, isArchive }: RouteInput,
): Asked {
  const name = test(groupKey) ? null : fileNames.find((one) => test(fileNameOf(one)));
  if (name === undefined) {
    return {
      ...unanswered(title),
      reason: `matches neither the group key "${groupKey}" nor ${listNames(fileNames, mostNames) || 'any file'}`,
    };
  }
  if (!isArchive(archive)) return withoutArchive(title, archive);
  const what = name === null ? `the group key "${groupKey}"` : name;
  return { rule: title, answers: true, reason: `matches ${what}: archive "${archive}"`, archive, note: null };
}

function unanswered(rule: string) {
  return { rule, answers: false, archive: null, note: null };
}

function withoutArchive(rule: string, archive: string): Asked {
  const reason = `there is no archive "${archive}"`;
  return { ...unanswered(rule), reason, note: `${rule}: ${reason}` };
}

async function ask(fn: string, title: string, { call, metadata, isArchive }: RouteInput): Promise<Asked> {
  try {
    const answer = await call(fn, { metadata });
    if (answer === null) return { ...unanswered(title), reason: 'leaves it to the next' };
    if (typeof answer === 'string' && isArchive(answer)) {
      return { rule: title, answers: true, reason: `answers archive "${answer}"`, archive: answer, note: null };
    }
    const reason = `answered ${showValue(answer)}, which is no archive`;
    return { ...unanswered(title), reason, note: `${title} ${reason}` };
  } catch (error) {
    if (!isOfFunction(error)) throw error;
    const reason = `failed: ${messageOf(error)}`;
    return { ...unanswered(title), reason, note: `${title} ${reason}` };
  }
}

function fallBack(before: readonly Asked[], routing: Routing, { watch, isArchive }: RouteInput): RouteResult {
  const asked = [...before];
  const candidates = [
    { archive: routing.archive, rule: `rule set "${routing.ruleSet}"` },
    { archive: watch.archive, rule: `watch "${watch.name}"` },
  ];
  for (const { archive, rule } of candidates) {
    if (archive === null) asked.push({ ...unanswered(rule), reason: 'names no archive' });
    else if (!isArchive(archive)) asked.push(withoutArchive(rule, archive));
    else {
      asked.push({ rule, answers: true, reason: `names archive "${archive}"`, archive, note: null });
      break;
    }
  }
  return resultOf(asked);
}
