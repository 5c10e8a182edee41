import type { ArchiveConfig } from '../config/types.ts';
import type { Metadata } from '../core/index.ts';
import { CarbonationError, toCarbonationError, type PlainError } from '../errors/index.ts';
import { renderDestination } from './destination.ts';
import {
  compileRouting,
  evaluateRouting,
  type CallRoute,
  type RouteResult,
  type RouteStep,
  type Routing,
} from './route.ts';
import {
  compileSelection,
  evaluateSelection,
  type CallSelect,
  type Selection,
  type SelectionResult,
  type Verdict,
} from './select.ts';
import { compileTemplate, type Template } from './template.ts';
import type { RuleSet } from './types.ts';

/** Everything a decision depends on. */
export interface DecideInput {
  readonly ruleSet: RuleSet;
  /** The version of the rules in force; the decision carries it. */
  readonly rulesVersion: string;
  readonly watch: { readonly name: string; readonly type: string | null; readonly archive: string | null };
  readonly groupKey: string;
  /** Names of the components, or paths with `/` separators. */
  readonly fileNames: readonly string[];
  /** Revived: dates as `Date`, bigints as `bigint`. */
  readonly metadata: Metadata;
  readonly archives: ReadonlyMap<string, Pick<ArchiveConfig, 'basePath' | 'destination'>>;
  /** The plugin's functions, by key. */
  readonly call: { readonly select: CallSelect; readonly route: CallRoute };
}

interface DecisionBase {
  readonly rulesVersion: string;
  readonly verdicts: readonly Verdict[];
  /** What the routing rules said, in the order in which they were asked; empty when nothing was to be routed. */
  readonly routing: readonly RouteStep[];
  /** What went wrong on the way without deciding anything, e.g. a function that threw. */
  readonly notes: readonly string[];
}

/** The group goes to an archive. */
export interface SelectedDecision extends DecisionBase {
  readonly outcome: 'selected';
  /** The archive's name. */
  readonly archive: string;
  /** Absolute, `basePath` or below it. */
  readonly directory: string;
  readonly routedBy: string;
}

/** No selection block accepts the group. */
export interface RejectedDecision extends DecisionBase {
  readonly outcome: 'rejected';
  readonly reason: string;
}

/** The group is wanted, but there is no archive for it (NO_ARCHIVE) or the archive's template does not fit it. */
export interface UnroutableDecision extends DecisionBase {
  readonly outcome: 'unroutable';
  readonly error: PlainError;
}

/** What is to be done with a complete group. Plain JSON. */
export type Decision = SelectedDecision | RejectedDecision | UnroutableDecision;

interface CompiledRuleSet {
  readonly selection: Selection;
  readonly routing: Routing;
}

const compiledRuleSets = new WeakMap<RuleSet, CompiledRuleSet>();
const compiledTemplates = new Map<string, Template>();

/** Far more than a configuration has archives; only a program that makes up templates gets there. */
const mostTemplates = 500;

/**
 * Selection, routing and destination of one group. It answers at once (not by a promise) when no plugin function must
 * be asked, and never throws; it rejects when a function gives no answer, or a pattern takes too long, with the reason
 * why. Rule sets are compiled once per object, templates once per text.
 */
export function decide(input: DecideInput): Decision | Promise<Decision> {
  const compiled = compiledRuleSet(input.ruleSet);
  if (compiled instanceof CarbonationError) {
    const { rulesVersion } = input;
    return { outcome: 'unroutable', rulesVersion, error: compiled.toPlain(), verdicts: [], routing: [], notes: [] };
  }
  const { selection, routing } = compiled;
  try {
    const result = evaluateSelection(selection, input.metadata, input.call.select);
    return result instanceof Promise
      ? result.then((settled) => routeSelected(settled, routing, input))
      : routeSelected(result, routing, input);
  } catch (error) {
    return Promise.reject(toCarbonationError(error));
  }
}

function routeSelected(
  { selected, verdicts, notes }: SelectionResult,
  routing: Routing,
  input: DecideInput,
): Decision | Promise<Decision> {
  const { rulesVersion } = input;
  if (!selected) {
    return { outcome: 'rejected', rulesVersion, reason: rejection(verdicts), verdicts, routing: [], notes };
  }
  const { groupKey, fileNames, metadata, watch, archives, call } = input;
  const isArchive = (name: string): boolean => archives.has(name);
  const route = evaluateRouting(routing, { groupKey, fileNames, metadata, watch, isArchive, call: call.route });
  return route instanceof Promise
    ? route.then((settled) => place(settled, { verdicts, notes }, input))
    : place(route, { verdicts, notes }, input);
}

function place(
  { archive: name, routedBy, notes, steps }: RouteResult,
  selection: Pick<SelectionResult, 'verdicts' | 'notes'>,
  input: DecideInput,
): Decision {
  const { verdicts } = selection;
  const base = { rulesVersion: input.rulesVersion, verdicts, routing: steps, notes: [...selection.notes, ...notes] };
  try {
    const archive = name === null ? undefined : input.archives.get(name);
    if (name === null || archive === undefined) throw noArchive(notes, input);
    const directory = renderDestination(compiledTemplate(archive.destination), templateValues(input), archive.basePath);
    return { outcome: 'selected', archive: name, directory, routedBy, ...base };
  } catch (error) {
    return { outcome: 'unroutable', error: toCarbonationError(error).toPlain(), ...base };
  }
}

function rejection(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 1) return verdicts.map(({ reason }) => reason).join('');
  return verdicts.map(({ block, reason }) => `block ${block}: ${reason}`).join('; ');
}

function noArchive(notes: readonly string[], { groupKey, ruleSet, watch }: DecideInput): CarbonationError {
  const message = `no archive for group "${groupKey}": no routing rule of "${ruleSet.name}" gives one`;
  const rest = `and neither that rule set nor watch "${watch.name}" names an archive that exists`;
  return new CarbonationError('NO_ARCHIVE', `${message}, ${rest}`, { details: notes });
}

/** The values of a destination template; what the core knows wins over metadata of the same name. */
function templateValues({ metadata, watch, groupKey }: DecideInput): Readonly<Record<string, unknown>> {
  return { ...metadata, watch_name: watch.name, file_type: watch.type, group_key: groupKey };
}

/** What cannot be compiled, e.g. a pattern that loading has let through, is returned as an error. */
function compiledRuleSet(ruleSet: RuleSet): CompiledRuleSet | CarbonationError {
  const known = compiledRuleSets.get(ruleSet);
  if (known !== undefined) return known;
  try {
    const compiled = { selection: compileSelection(ruleSet.selection), routing: compileRouting(ruleSet) };
    compiledRuleSets.set(ruleSet, compiled);
    return compiled;
  } catch (error) {
    return toCarbonationError(error);
  }
}

function compiledTemplate(text: string): Template {
  let template = compiledTemplates.get(text);
  if (template === undefined) {
    template = compileTemplate(text);
    if (compiledTemplates.size >= mostTemplates) compiledTemplates.clear();
    compiledTemplates.set(text, template);
  }
  return template;
}
