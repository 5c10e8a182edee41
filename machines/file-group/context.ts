import { byPath, copyByPath, listByPath } from '../by-path.ts';
import { orphanOf } from './adopt.ts';
import { expected } from './copies.ts';
import { isCompleted, isUnchanged, judge } from './judgement.ts';
import type {
  Assessment,
  Component,
  Destination,
  Failure,
  FileIdentity,
  GroupContext,
  GroupInput,
  GroupSubject,
  SeenFile,
  SourceRemoval,
  Transfer,
} from './types.ts';

/** Pure changes of a group's context; the chart's actions are made of them. */

type Components = Record<string, Component>;

function newComponent(file: SeenFile, at: number, orphan: Component | null = null): Component {
  return {
    path: file.path,
    name: file.name,
    identity: file.identity,
    detectedAt: at,
    verdict: 'pending',
    reason: null,
    inDelivery: true,
    inArchive: orphan?.inArchive ?? false,
    archived: orphan?.archived ?? null,
    isCurrent: false,
  };
}

/** The context of a group whose first files have just settled. */
export function initialContext(input: GroupInput): GroupContext {
  return {
    watchName: input.watchName,
    groupKey: input.groupKey,
    policy: input.policy,
    components: byPath(input.files.map((file) => [file.path, newComponent(file, input.at)])),
    revision: 1,
    firstSeenAt: input.at,
    rulesVersion: input.rulesVersion,
    missing: [],
    timeoutAt: null,
    onTimeout: null,
    timedOut: false,
    attempt: 0,
    dueAt: null,
    reason: null,
    metadata: null,
    destination: null,
    removesSources: false,
    deferred: {},
    completedAt: null,
    completedRevision: 0,
  };
}

/**
 * Files that settled, taken in: the changed ones must be assessed anew, and the count of failed tries starts again. Where nothing was
 * left to do, they may be the first of another revision, and have all the time that the rules give one.
 *
 * @param rulesVersion - of the rules by which they were found to be the group's; null: of none
 */
export function takeIn(
  context: GroupContext,
  files: readonly SeenFile[],
  rulesVersion: string | null,
  at: number,
): Partial<GroupContext> {
  const components: Components = copyByPath(context.components);
  for (const file of files) {
    const known = components[file.path];
    const orphan = known === undefined ? orphanOf(components, file) : null;
    if (orphan !== null) delete components[orphan.path];
    components[file.path] =
      known === undefined
        ? newComponent(file, at, orphan)
        : {
            ...known,
            identity: file.identity,
            inDelivery: true,
            verdict: 'pending',
            reason: null,
            // What it holds now is not known to be in the archive until it has been looked at.
            isCurrent: known.isCurrent && isSame(known.identity, file.identity),
          };
  }
  const isFirst = isCompleted(context) && present(context).every(({ isCurrent }) => isCurrent);
  return {
    components,
    attempt: 0,
    firstSeenAt: isFirst ? at : context.firstSeenAt,
    rulesVersion: rulesVersion === context.rulesVersion ? rulesVersion : null,
  };
}

/** Files that left delivery. */
export function letGo(context: GroupContext, paths: readonly string[]): Partial<GroupContext> {
  const components: Components = copyByPath(context.components);
  for (const path of paths) {
    const known = components[path];
    if (known !== undefined) components[path] = { ...known, inDelivery: false };
  }
  return { components };
}

/** What came in during a transfer, remembered until it is over. */
export function defer(
  context: GroupContext,
  files: readonly SeenFile[],
  removed: readonly string[],
): Partial<GroupContext> {
  const deferred = { ...context.deferred };
  for (const file of files) deferred[file.path] = file;
  for (const path of removed) deferred[path] = null;
  return { deferred };
}

/** The remembered arrivals and departures, taken in. */
export function takeInDeferred(context: GroupContext, at: number): Partial<GroupContext> {
  const entries = Object.entries(context.deferred);
  const settled = entries.flatMap(([, file]) => (file === null ? [] : [file]));
  const removed = entries.flatMap(([path, file]) => (file === null ? [path] : []));
  const afterRemoval = { ...context, ...letGo(context, removed) };
  if (settled.length === 0) return { components: afterRemoval.components, deferred: {} };
  // By which rules they were found to be the group's is forgotten by now.
  return { ...takeIn(afterRemoval, settled, null, at), deferred: {} };
}

function isSame(a: FileIdentity, b: FileIdentity): boolean {
  return a.sizeBytes === b.sizeBytes && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.inode === b.inode;
}

/** Whether a source may be removed at the end of a move: it is the very file, in the very state, that was archived. */
export function isRemovable({ archived, isCurrent, inArchive, verdict, identity }: Component): boolean {
  const isCopied = archived !== null && isCurrent && inArchive && verdict === 'passed';
  return isCopied && isSame(archived.source, identity);
}

/** Whether a component's present content still has to be archived. */
export function isUnarchived(component: Component): boolean {
  return component.inDelivery && !component.isCurrent;
}

/**
 * Where the copies are that a transfer leaves alone: whatever the archive does where a name is taken, none of them is replaced. A
 * component whose source was moved away, or is not sound any more, has no other copy.
 */
export function keptCopies(context: GroupContext): string[] {
  return listByPath(context.components).flatMap((component) => {
    const { archived, verdict } = component;
    const isTransferred = verdict === 'passed' && isUnarchived(component);
    return archived === null || isTransferred ? [] : [archived.path];
  });
}

/** Files of a group whose re-deliveries are ignored: only their identity is noted, so that they are not news again. */
export function ignore(context: GroupContext, files: readonly SeenFile[]): Partial<GroupContext> {
  const components: Components = copyByPath(context.components);
  for (const file of files) {
    const known = components[file.path];
    if (known !== undefined) {
      components[file.path] = { ...known, identity: file.identity, inDelivery: true, verdict: 'pending' };
    }
  }
  return { components, reason: context.reason ?? 're-delivery ignored (on_redelivery = "ignore")' };
}

/**
 * An assessment, taken in. In a new revision all sound components are archived
 * anew, and the time-out runs from now; the copies of the former one stay on
 * record until theirs are made.
 */
export function applyAssessment(context: GroupContext, assessment: Assessment): Partial<GroupContext> {
  const { sound, isRenewed, isSettled, isTimedOut } = judge(context, assessment);
  // Unless they select it, no rules have judged a group by which the plugin has not been asked for its files, or some are another's.
  const isUnasked = assessment.groupedByPlugin && context.rulesVersion !== assessment.rulesVersion;
  const components: Components = copyByPath(context.components);
  for (const path in assessment.components) {
    const found = assessment.components[path];
    const known = components[path];
    if (found === undefined || known === undefined) continue;
    components[path] =
      found.verdict === 'gone'
        ? { ...known, inDelivery: false }
        : { ...known, verdict: found.verdict, reason: found.reason, identity: found.identity };
  }
  for (const { path } of sound) {
    const known = components[path];
    if (known === undefined) continue;
    const isSameContent = isUnchanged(known, assessment);
    components[path] = {
      ...known,
      // Ignored content must never pass for what its copy was made of, and be removed as that.
      verdict: !isRenewed && known.isCurrent && !isSameContent ? 'pending' : known.verdict,
      isCurrent: !isRenewed && (known.isCurrent || isSameContent),
      inArchive: known.inArchive && assessment.components[path]?.lost === undefined,
      archived:
        known.archived !== null && isSameContent ? { ...known.archived, source: known.identity } : known.archived,
    };
  }
  const isWhole = !isRenewed && isCompleted(context);
  const hasOthers = assessment.others === 'some' || (assessment.others === 'archived' && !isWhole);
  // One that is to come is of a clock that was ahead: it would keep the group waiting until then.
  const firstSeenAt = isRenewed ? assessment.at : Math.min(context.firstSeenAt, assessment.at);
  return {
    components,
    revision: context.revision + (isRenewed ? 1 : 0),
    firstSeenAt,
    metadata: null,
    // What is archived already is where it was sent.
    destination: isSettled ? context.destination : null,
    timedOut: isTimedOut || (isSettled && context.timedOut),
    rulesVersion: !isSettled && (isUnasked || hasOthers) ? null : assessment.rulesVersion,
    policy: assessment.policy,
    missing: assessment.missing,
    timeoutAt: assessment.timeoutMs === null ? null : firstSeenAt + assessment.timeoutMs,
    onTimeout: assessment.onTimeout,
    dueAt: null,
    reason: null,
  };
}

/**
 * Where the group goes. What a former try of this revision has put somewhere else, when the rules or the metadata were others, is
 * archived anew with the rest: a group is in one place.
 */
export function sendTo(context: GroupContext, destination: Destination, reason: string | null): Partial<GroupContext> {
  const { directory } = destination;
  const isElsewhere = ({ archived, isCurrent }: Component) =>
    isCurrent && archived !== null && archived.path.slice(0, archived.path.lastIndexOf('/')) !== directory;
  const moving = present(context).filter((component) => component.verdict === 'passed' && isElsewhere(component));
  if (moving.length === 0) return { destination, reason };
  const components: Components = copyByPath(context.components);
  for (const component of moving) components[component.path] = { ...component, isCurrent: false };
  return { components, destination, reason };
}

/** The present revision is complete: once, however often it is found to be. */
export function complete(context: GroupContext, at: number): Partial<GroupContext> {
  const isNews = !isCompleted(context);
  return {
    completedAt: isNews ? at : context.completedAt,
    completedRevision: context.revision,
    attempt: 0,
    dueAt: null,
  };
}

/** Nothing of the present revision is left to do. One whose files left delivery before it was archived completes nothing anew. */
export function endRevision(context: GroupContext, at: number): Partial<GroupContext> {
  const { completedAt, revision } = context;
  if (present(context).length > 0 || completedAt === null || isCompleted(context)) return complete(context, at);
  return { ...complete(context, completedAt), reason: `revision ${revision} left delivery before it was archived` };
}

/** Why a group waits, in one sentence. */
export function waitingReason(context: GroupContext): string {
  const failed = present(context).find((component) => component.verdict === 'failed');
  const held = present(context).find((component) => component.verdict === 'waiting');
  const parts = [
    ...(context.missing.length > 0 ? [`waiting for ${context.missing.join(', ')}`] : []),
    ...(failed === undefined ? [] : [`${failed.name}: ${failed.reason ?? 'failed integrity'}`]),
    ...(held === undefined ? [] : [`${held.name}: ${held.reason ?? 'still changing'}`]),
  ];
  return parts.join('; ') || 'waiting';
}

/** The outcome of a transfer, taken in: what succeeded is never done again. */
export function applyTransfer(context: GroupContext, transfer: Transfer): Partial<GroupContext> {
  const components: Components = copyByPath(context.components);
  let reason: string | null = null;
  for (const path in transfer.components) {
    const result = transfer.components[path];
    const known = components[path];
    if (result === undefined || known === undefined) continue;
    if (result.outcome === 'archived') {
      const copy = { archived: result.copy, isCurrent: true, inArchive: true };
      components[path] = { ...expected(known), ...copy, identity: result.identity, reason: null };
    } else if (result.outcome === 'gone') {
      components[path] = { ...known, inDelivery: false };
    } else if (result.outcome === 'failed') {
      components[path] = { ...known, identity: result.identity ?? known.identity, reason: result.failure.message };
      reason ??= `${known.name}: ${result.failure.message}`;
    } else {
      components[path] = { ...known, verdict: 'pending', reason: 'changed while it was being archived' };
    }
  }
  return { components, reason, removesSources: transfer.removesSources };
}

/**
 * Removed sources, taken in. One that was kept, because it was not known to be
 * the archived file any more, goes once it has been found to be the same.
 */
export function applyRemoval(context: GroupContext, removal: SourceRemoval): Partial<GroupContext> {
  const { components = context.components } = letGo(context, removal.removed);
  const isLeft = listByPath(components).some(({ inDelivery, archived }) => inDelivery && archived !== null);
  return { components, removesSources: context.removesSources && isLeft };
}

/** Sources that stay. Where another try may help, a reconciliation has each looked at again that says why, and so removed. */
export function leaveSources(context: GroupContext, failure: Failure): Partial<GroupContext> {
  const components: Components = copyByPath(context.components);
  for (const left of failure.retryable ? present(context).filter(isRemovable) : [])
    components[left.path] = { ...left, reason: failure.message };
  return { components, reason: failure.message, dueAt: null };
}

/** One more failed try, and when the next one is due. */
export function nextAttempt(context: GroupContext, failure: Failure): Partial<GroupContext> {
  const { retryDelayMs, retryBackoff, retryMaxDelayMs } = context.policy;
  const delayMs =
    retryBackoff === 'fixed'
      ? retryDelayMs
      : Math.min(retryMaxDelayMs, retryDelayMs * 2 ** Math.min(context.attempt, 40));
  return { attempt: context.attempt + 1, dueAt: failure.at + delayMs, reason: failure.message };
}

/** The components that are in delivery. */
export function present(context: GroupContext): Component[] {
  return listByPath(context.components).filter((component) => component.inDelivery);
}

/** The group as an effect sees it, with the components that the effect is for. */
export function subjectOf(context: GroupContext, components: readonly Component[]): GroupSubject {
  return { watchName: context.watchName, groupKey: context.groupKey, revision: context.revision, components };
}

/** The first failure among a transfer's results, if any. */
export function firstFailure(transfer: Transfer): Failure | null {
  for (const result of listByPath(transfer.components)) if (result.outcome === 'failed') return result.failure;
  return null;
}

/** Whether any source changed or vanished under the transfer. */
export function isDisturbed(transfer: Transfer): boolean {
  return listByPath(transfer.components).some(({ outcome }) => outcome === 'changed' || outcome === 'gone');
}

/** What an effect threw, as a failure; effects are wrapped to throw {@link Failure}s, anything else is a defect, tried again all the same. */
export function failureOf(thrown: unknown, fallbackAt: number): Failure {
  if (isFailure(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'INTERNAL', message, remedy: 'report it', retryable: true, at: fallbackAt };
}

function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'code' in value && 'retryable' in value && 'at' in value;
}
