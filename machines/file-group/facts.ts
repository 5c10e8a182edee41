import { listByPath } from '../by-path.ts';
import { failureOf } from './context.ts';
import type {
  Adoption,
  Assessment,
  Component,
  Failure,
  GroupContext,
  RuleVerdict,
  Transfer,
  Verdicts,
} from './types.ts';

/**
 * What a transition was decided by, as data: enough to say why a group is where
 * it is, also when the rules, the configuration and the files are others by then.
 */
export interface TransitionFacts {
  /** Names of the files that the event is about. */
  readonly files?: readonly string[];
  /** What is still to come, as the rules name it. */
  readonly missing?: readonly string[];
  /** Components with something to say: not sound, not transferred, changed under the transfer. */
  readonly components?: readonly ComponentFact[];
  readonly decision?: DecisionFact;
  readonly failure?: Pick<Failure, 'code' | 'message' | 'remedy' | 'retryable'>;
  /** The copies of the revision that ends with this transition. */
  readonly formerCopies?: readonly FormerCopy[];
  /** Entries of these lists that were left out, and texts that were cut, to keep a row small. */
  readonly cut?: number;
}

/** What was found out about one component. */
export interface ComponentFact {
  readonly name: string;
  readonly verdict: string;
  readonly reason: string | null;
}

/** A decision, rule by rule. */
export interface DecisionFact {
  readonly outcome: Verdicts['outcome'];
  readonly ruleSet: string | null;
  readonly rulesVersion: string | null;
  readonly selection: readonly RuleVerdict[];
  readonly routing: readonly RuleVerdict[];
  readonly archive: string | null;
  readonly directory: string | null;
}

/** A copy that a later revision has taken the place of; it stays in the archive. */
export interface FormerCopy {
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** ms since 1970. */
  readonly at: number;
}

/** The most that the facts of one transition take, in bytes of UTF-8. */
export const largestFacts = 4096;

/** `xstate.done.actor.decide` → `decide.done`: the words of the chart, not of the library. */
export function eventName(type: string): string {
  if (!type.startsWith('xstate.')) return type;
  if (type === 'xstate.init') return 'files.settled';
  const match = /^xstate\.(done|error)\.actor\.(.+)$/.exec(type);
  return match === null ? type : `${match[2]}.${match[1]}`;
}

/**
 * The facts of a transition as JSON of at most {@link largestFacts} bytes; null: the event says it all.
 *
 * @param event - what XState reports: an event of the chart, or the end of an effect
 * @param before - null: the group is new
 */
export function factsOf(
  event: { readonly type: string },
  before: GroupContext | null,
  after: GroupContext,
): string | null {
  // Copies that were another group's have no revision here.
  const isRenewed = before !== null && after.revision > before.revision && event.type !== 'archive.merged';
  const renewed = isRenewed ? { formerCopies: copiesOf(before) } : {};
  const facts: TransitionFacts = { ...factsOfEvent(event, before, after), ...renewed };
  return Object.keys(facts).length === 0 ? null : bounded(facts);
}

function factsOfEvent(
  event: { readonly type: string },
  before: GroupContext | null,
  after: GroupContext,
): TransitionFacts {
  if (before === null) return { files: listByPath(after.components).map(({ name }) => name) };
  if ('error' in event) return { failure: failureFact(failureOf(event.error, 0)) };
  if ('files' in event && Array.isArray(event.files)) return { files: event.files.map(nameIn) };
  if ('paths' in event && Array.isArray(event.paths)) {
    return { files: event.paths.map((path) => before.components[String(path)]?.name ?? String(path)) };
  }
  if ('copies' in event) return filesFact(changedNames(before, after));
  if (!('output' in event)) return {};
  // What the chart's own effects answer; their types are checked where they are provided.
  const names = before.components;
  if (event.type.endsWith('.assessComponents')) return assessmentFacts(event.output as Assessment, names);
  if (event.type.endsWith('.adoptComponents')) return missingFacts((event.output as Adoption).missing);
  if (event.type.endsWith('.decide')) return decisionFacts(event.output as Verdicts, after);
  if (event.type.endsWith('.transferComponents')) return transferFacts(event.output as Transfer, names);
  return {};
}

type Components = Readonly<Record<string, Component>>;

function assessmentFacts({ missing, components }: Assessment, known: Components): TransitionFacts {
  const unsound: ComponentFact[] = [];
  for (const path in components) {
    const found = components[path];
    if (found === undefined || (found.verdict === 'passed' && found.lost === undefined)) continue;
    const reason = found.lost === undefined ? found.reason : 'its copy is no longer in the archive';
    unsound.push({ name: known[path]?.name ?? path, verdict: found.verdict, reason });
  }
  return { ...missingFacts(missing), ...(unsound.length > 0 && { components: unsound }) };
}

function filesFact(files: readonly string[]): TransitionFacts {
  return files.length > 0 ? { files } : {};
}

function missingFacts(missing: readonly string[]): TransitionFacts {
  return missing.length > 0 ? { missing } : {};
}

function decisionFacts(verdicts: Verdicts, { rulesVersion }: GroupContext): TransitionFacts {
  const { outcome, explanation } = verdicts;
  const { archive = null, directory = null } = outcome === 'selected' ? verdicts.destination : {};
  const decision: DecisionFact = {
    outcome,
    ruleSet: explanation?.ruleSet ?? null,
    rulesVersion: explanation?.rulesVersion ?? rulesVersion,
    selection: explanation?.selection ?? [],
    routing: explanation?.routing ?? [],
    archive,
    directory,
  };
  return { decision, ...(outcome === 'unroutable' && { failure: failureFact(verdicts.failure) }) };
}

/** None of a transfer that left nothing to do: by that a reader of the history knows it. */
function transferFacts({ components }: Transfer, known: Components): TransitionFacts {
  let failure: Failure | null = null;
  const troubled: ComponentFact[] = [];
  for (const path in components) {
    const result = components[path];
    if (result === undefined || result.outcome === 'archived') continue;
    const reason = result.outcome === 'failed' ? result.failure.message : null;
    if (result.outcome === 'failed') failure ??= result.failure;
    troubled.push({ name: known[path]?.name ?? path, verdict: result.outcome, reason });
  }
  if (troubled.length === 0) return {};
  return { components: troubled, ...(failure !== null && { failure: failureFact(failure) }) };
}

function failureFact({ code, message, remedy, retryable }: Failure): NonNullable<TransitionFacts['failure']> {
  return { code, message, remedy, retryable };
}

function copiesOf(context: GroupContext): readonly FormerCopy[] {
  return listByPath(context.components).flatMap(({ name, archived }) => {
    if (archived === null) return [];
    const { path, sha256, sizeBytes, at } = archived;
    return [{ name, path, sha256, sizeBytes, at }];
  });
}

/** Of copies that were looked at, some may be the components' no longer. */
function changedNames(before: GroupContext, after: GroupContext): readonly string[] {
  const changed = Object.entries(after.components).filter(([path, one]) => before.components[path] !== one);
  return changed.map(([, { name }]) => name);
}

function nameIn(file: unknown): string {
  return typeof file === 'object' && file !== null && 'name' in file ? String(file.name) : '';
}

/** Ever shorter lists and texts until it fits. */
const limits = [
  { entries: 64, letters: 400 },
  { entries: 16, letters: 200 },
  { entries: 8, letters: 100 },
  { entries: 3, letters: 60 },
] as const;

function bounded(facts: TransitionFacts): string {
  const whole = JSON.stringify(facts);
  if (fits(whole)) return whole;
  let json = whole;
  for (const limit of limits) {
    let cut = 0;
    const shortened: unknown = JSON.parse(whole, (_, value: unknown) => {
      if (Array.isArray(value) && value.length > limit.entries) {
        cut += value.length - limit.entries;
        return value.slice(0, limit.entries);
      }
      if (typeof value !== 'string' || value.length <= limit.letters) return value;
      cut += 1;
      return `${value.slice(0, limit.letters).toWellFormed()}…`;
    });
    json = JSON.stringify({ ...(typeof shortened === 'object' && shortened), cut });
    if (fits(json)) return json;
  }
  return JSON.stringify({ cut: 1 });
}

/** No character takes more than three bytes a UTF-16 unit. */
function fits(json: string): boolean {
  return json.length * 3 <= largestFacts || new TextEncoder().encode(json).length <= largestFacts;
}
