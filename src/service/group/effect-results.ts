import type {
  Assessment,
  Component,
  ComponentAssessment,
  ComponentTransfer,
  Explanation,
  Failure,
  GroupSubject,
  TransferInput,
  Verdicts,
} from '../../../machines/file-group/index.ts';
import { listNames } from '../../core/counted.ts';
import { shortened } from '../../core/index.ts';
import { CarbonationError, catalogue, messageOf, type PlainError } from '../../errors/index.ts';
import {
  completenessOf,
  fileNameOf,
  isOfFunction,
  type Completeness,
  type Decision,
  type RuleSet,
} from '../../rules/index.ts';
import type { InspectedFile, TransferredFile } from '../../workers/index.ts';

/** What threads and rules have found out, in the chart's words. */

/** An error as the chart decides by it, and as it is recorded. */
export function asFailure(error: PlainError, at: number): Failure {
  const { code, message, remedy } = error;
  return {
    code,
    message: shortened(message),
    remedy: shortened(remedy),
    retryable: catalogue[code].retryable,
    at,
  };
}

/** What the inspection of a file means for the component. */
export function assessment(component: Component, found: InspectedFile): ComponentAssessment {
  const { identity } = component;
  if (found.verdict === 'changed') return { verdict: 'waiting', reason: 'still changing', identity, unchanged: false };
  if (found.verdict === 'gone') return { verdict: 'gone', reason: null, identity, unchanged: false };
  if (found.verdict !== 'passed')
    return { verdict: found.verdict, reason: shortened(found.reason), identity, unchanged: false };
  const isAsArchived = component.verdict === 'passed' && component.isCurrent;
  const unchanged = component.archived !== null && (isAsArchived || found.unchanged);
  const { lost } = found;
  return { verdict: 'passed', reason: null, identity, unchanged, ...(lost !== undefined && { lost }) };
}

/**
 * Sources that may not be read any more make no archived group incomplete: as far as is known, they hold what was archived.
 *
 * @param assessed - changed: they pass
 */
export function passUnreadable(
  { components }: GroupSubject,
  inspected: readonly InspectedFile[],
  assessed: Record<string, ComponentAssessment>,
): void {
  if (!components.every(({ verdict, isCurrent, inArchive }) => verdict === 'passed' && isCurrent && inArchive)) return;
  for (const [i, { path, identity }] of components.entries()) {
    const found = inspected[i];
    if (found?.verdict === 'failed' && found.isUnreadable === true)
      assessed[path] = { verdict: 'passed', reason: null, identity, unchanged: true };
  }
}

/**
 * Whether the components that have passed make up the group, and which files it still waits for.
 *
 * @param isAlone - the group is one file, whose name is its key
 */
export function completeness(
  subject: GroupSubject,
  rule: Completeness | null,
  components: Readonly<Record<string, ComponentAssessment>>,
  isAlone: boolean,
): Pick<Assessment, 'complete' | 'grouped' | 'missing' | 'timeoutMs' | 'onTimeout'> {
  const passed = subject.components.filter(({ path }) => components[path]?.verdict === 'passed');
  if (rule === null || isAlone) {
    // Its sidecar may come first; the group is the file itself.
    const hasFile = subject.components.some(({ name }) => name === subject.groupKey);
    const complete = hasFile && passed.length === subject.components.length;
    const missing = hasFile ? [] : [fileNameOf(subject.groupKey)];
    return { complete, grouped: false, missing, timeoutMs: null, onTimeout: null };
  }
  const { complete, missing } = completenessOf(
    passed.map(({ name }) => fileNameOf(name)),
    rule,
  );
  return { complete, grouped: true, missing, timeoutMs: rule.timeoutMs, onTimeout: rule.onTimeout };
}

/** What the rules have come to, and what each of them said. */
export function verdictsOf(decision: Decision, ruleSet: RuleSet, at: number): Verdicts {
  const explanation = explanationOf(decision, ruleSet);
  if (decision.outcome === 'unroutable')
    return { at, explanation, outcome: 'unroutable', failure: asFailure(decision.error, at) };
  if (decision.outcome === 'rejected')
    return { at, explanation, outcome: 'rejected', reason: shortened(decision.reason) };
  const { archive, directory, routedBy, notes } = decision;
  const reason = notes.length === 0 ? null : shortened(notes.join('; '));
  return { at, explanation, outcome: 'selected', destination: { archive, directory, routedBy }, reason };
}

/** Missing files named one by one in a reason. */
const mostNamed = 10;

/** A manifest that lists files which are not there. @param names - as it lists them: from its directory */
export function missingFiles(names: readonly string[]): InspectedFile {
  return { verdict: 'waiting', reason: `missing: ${listNames(names, mostNamed)}` };
}

/** A file that is not there because its disk is not: nothing is concluded from that. */
export const awayFile: InspectedFile = { verdict: 'waiting', reason: 'the directory of its watch is away' };

/** What each rule said, as it is recorded. */
function explanationOf({ rulesVersion, verdicts, routing }: Decision, ruleSet: RuleSet): Explanation {
  return {
    ruleSet: ruleSet.name,
    rulesVersion,
    selection: verdicts.map(({ block, passed, reason }) => ({
      rule: `selection block ${block}`,
      holds: passed,
      reason,
    })),
    routing: routing.map(({ rule, answers, reason }) => ({ rule, holds: answers, reason })),
  };
}

/** What became of a component's transfer. */
export function transferred(result: TransferredFile, at: number): ComponentTransfer {
  if (result.outcome === 'failed') {
    const { identity } = result;
    return { outcome: 'failed', failure: asFailure(result.error, at), ...(identity !== undefined && { identity }) };
  }
  if (result.outcome !== 'archived') return { outcome: result.outcome };
  const { path, sha256, sizeBytes, identity } = result;
  return { outcome: 'archived', copy: { path, sha256, sizeBytes, at, source: identity }, identity };
}

/** What a dry run says instead of transferring. */
export function planned(input: TransferInput): readonly TransferredFile[] {
  return input.components.map(({ name, identity }) => ({
    outcome: 'archived',
    path: `${input.destination.directory}/${fileNameOf(name)}`,
    sha256: '',
    sizeBytes: identity.sizeBytes,
    identity,
  }));
}

/** Whether a file has not been transferred because its archive is another directory than before. */
export function isArchiveAway(found: TransferredFile): boolean {
  return found.outcome === 'failed' && found.error.code === 'ARCHIVE_AWAY';
}

/** What a check of the plugin has thrown says why the file has not passed it; how its thread ended says nothing of the file. */
export function refusalOf(thrown: unknown): string {
  if (isOfFunction(thrown)) return messageOf(thrown);
  throw thrown;
}

/** Whether something may have been left of a file. @param isTriedAgain - it is, at once, where its archive is another directory */
export function isUnfinished(found: TransferredFile, isTriedAgain: boolean): boolean {
  return found.outcome === 'failed' && !(isTriedAgain && isArchiveAway(found));
}

/** Throws when the actor that asked is no more: then nobody would hear, or record, what is done now. */
export function assertWanted({ groupKey }: GroupSubject, signal: AbortSignal): void {
  if (signal.aborted) throw new CarbonationError('POOL_CLOSED', `${groupKey} is no longer worked on`);
}
