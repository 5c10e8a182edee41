import { listByPath } from '../by-path.ts';
import type { Assessment, Component, GroupContext } from './types.ts';

/** What an assessment says of the group as a whole, given what the group has been through. */
export interface Judgement {
  /** The components in delivery that are sound. */
  readonly sound: readonly Component[];
  /** A sound component is new or has other content than its copy: another revision begins. */
  readonly isRenewed: boolean;
  /** Nothing sound is left to archive, and the group was complete or is. */
  readonly isSettled: boolean;
  /** Nothing of the group is in delivery. */
  readonly isEmpty: boolean;
  /** The time-out is over under the rules of this assessment. */
  readonly isTimedOut: boolean;
  /** Complete, or timed out under a policy that archives what has arrived. */
  readonly mayProceed: boolean;
}

/** Judges an assessment; the chart's guards ask this, and `applyAssessment` (context.ts) takes it in. */
export function judge(context: GroupContext, assessment: Assessment): Judgement {
  // Several guards ask about the same assessment, one after another.
  const last = judged.get(assessment);
  if (last !== undefined && last.context === context) return last.judgement;
  const judgement = judgeAnew(context, assessment);
  judged.set(assessment, { context, judgement });
  return judgement;
}

const judged = new WeakMap<Assessment, { readonly context: GroupContext; readonly judgement: Judgement }>();

function judgeAnew(context: GroupContext, assessment: Assessment): Judgement {
  const staying = listByPath(context.components).filter(
    ({ path, inDelivery }) => inDelivery && assessment.components[path]?.verdict !== 'gone',
  );
  const sound = staying.filter(({ path }) => assessment.components[path]?.verdict === 'passed');
  const holds = (component: Component) =>
    component.inArchive && (component.isCurrent || isUnchanged(component, assessment));
  // Other content counts as current only where it was ignored when it came.
  const isIgnoring = assessment.policy.onRedelivery === 'ignore';
  const hasChanged = sound.some(
    (component) => component.isCurrent && !(component.inArchive && (isIgnoring || isUnchanged(component, assessment))),
  );
  const isRenewed = hasChanged || (isCompleted(context) && sound.some((component) => !holds(component)));
  const timeoutAt = assessment.timeoutMs === null ? null : context.firstSeenAt + assessment.timeoutMs;
  const isTimedOut = context.timedOut && !isRenewed && timeoutAt !== null && timeoutAt <= assessment.at;
  return {
    sound,
    isRenewed,
    isSettled: !isRenewed && sound.length > 0 && sound.every(holds) && (isCompleted(context) || assessment.complete),
    isEmpty: staying.length === 0,
    isTimedOut,
    mayProceed: assessment.complete || (isTimedOut && assessment.onTimeout === 'archive_partial' && sound.length > 0),
  };
}

/** Whether the group's present revision has been archived as a whole. */
export function isCompleted({ completedRevision, revision }: GroupContext): boolean {
  return completedRevision === revision;
}

/** Whether a component has the content of its copy, which is where it was made. */
export function isUnchanged({ archived, inArchive, path }: Component, assessment: Assessment): boolean {
  return archived !== null && inArchive && assessment.components[path]?.unchanged === true;
}
