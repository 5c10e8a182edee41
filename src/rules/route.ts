import picomatch from 'picomatch';

import type { Metadata } from '../core/index.ts';
import { CarbonationError, messageOf } from '../errors/index.ts';
import { fileNameOf } from './group.ts';
import type { RoutingRule, RuleSet } from './types.ts';
import { showValue } from './values.ts';

/** Calls a plugin's routing function by key; a throw counts as "no answer" and is noted. */
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

/** Where a group goes, and why. */
export interface RouteResult {
  /** Null: neither a rule nor the rule set nor the watch names an archive that exists. */
  readonly archive: string | null;
  /** The rule, rule set or watch that decided, in words. */
  readonly routedBy: string;
  /** What went wrong on the way, e.g. a function that threw. */
  readonly notes: readonly string[];
}

/**
 * Compiles the routing of a rule set. Globs know `*`, `?`, `[…]`, `{…}` and `**`; `*` does not cross `/`, names
 * with a leading dot are matched too, and a leading `!` is just a character.
 *
 * @throws CarbonationError CONFIG_INVALID for a glob that cannot be compiled.
 */
export function compileRouting(ruleSet: Pick<RuleSet, 'name' | 'archive' | 'routing'>): Routing {
  return { ruleSet: ruleSet.name, rules: ruleSet.routing.map(compileRule), archive: ruleSet.archive };
}

// Without `posix` picomatch takes the `!` of `[!a]` for a member of the class.
const globOptions = { dot: true, nonegate: true, posix: true, windows: false };

function compileRule(rule: RoutingRule): CompiledRule {
  if (rule.type === 'plugin') return rule;
  try {
    return { ...rule, test: picomatch(rule.match, globOptions) };
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
 * must be asked.
 */
export function evaluateRouting(routing: Routing, input: RouteInput): RouteResult | Promise<RouteResult> {
  return routeFrom(0, [], routing, input);
}

function routeFrom(
  start: number,
  before: readonly string[],
  routing: Routing,
  input: RouteInput,
): RouteResult | Promise<RouteResult> {
  const notes = [...before];
  for (const [index, rule] of routing.rules.entries()) {
    if (index < start) continue;
    const title = titleOf(rule, index + 1);
    if (rule.type === 'plugin') {
      return ask(rule.function, title, input).then(({ archive, note }) => {
        if (archive !== null) return { archive, routedBy: title, notes };
        return routeFrom(index + 1, note === null ? notes : [...notes, note], routing, input);
      });
    }
    if (!matches(rule.test, input)) continue;
    if (input.isArchive(rule.archive)) return { archive: rule.archive, routedBy: title, notes };
    notes.push(`${title}: there is no archive "${rule.archive}"`);
  }
  return fallBack(notes, routing, input);
}

function titleOf(rule: CompiledRule, number: number): string {
  return `routing rule ${number} (${rule.type === 'match' ? rule.match : `function "${rule.function}"`})`;
}

function matches(test: (name: string) => boolean, { groupKey, fileNames }: RouteInput): boolean {
  return test(groupKey) || fileNames.some((name) => test(fileNameOf(name)));
}

interface Answer {
  readonly archive: string | null;
  readonly note: string | null;
}

async function ask(fn: string, title: string, { call, metadata, isArchive }: RouteInput): Promise<Answer> {
  try {
    const answer = await call(fn, { metadata });
    if (answer === null || answer === undefined) return { archive: null, note: null };
    if (typeof answer === 'string' && isArchive(answer)) return { archive: answer, note: null };
    return { archive: null, note: `${title} answered ${showValue(answer)}, which is no archive` };
  } catch (error) {
    return { archive: null, note: `${title} failed: ${messageOf(error)}` };
  }
}

function fallBack(before: readonly string[], routing: Routing, { watch, isArchive }: RouteInput): RouteResult {
  const notes = [...before];
  const candidates = [
    { archive: routing.archive, title: `rule set "${routing.ruleSet}"` },
    { archive: watch.archive, title: `watch "${watch.name}"` },
  ];
  for (const { archive, title } of candidates) {
    if (archive === null) continue;
    if (isArchive(archive)) return { archive, routedBy: title, notes };
    notes.push(`${title}: there is no archive "${archive}"`);
  }
  return { archive: null, routedBy: 'nothing', notes };
}
