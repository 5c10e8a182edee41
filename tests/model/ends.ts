import {
  isOrphan,
  type Assessment,
  type ComponentAssessment,
  type Failure,
  type Transfer,
  type Verdicts,
} from '../../machines/file-group/index.ts';
import type { EffectEvent, GroupSnapshot, ModelEvent } from '../support/graph.ts';
import type { Step } from './passages.ts';

/** How an effect ends, as far as it must be brought about. */
export interface End {
  readonly effect: string;
  /** By name: what becomes of a component. */
  readonly outcomes: Readonly<Record<string, string>>;
  /** Names of components whose content is found to be that of their copy. */
  readonly unchanged: readonly string[];
  /** What a decision says. */
  readonly verdict: Verdicts['outcome'] | null;
  /** Null: the effect ends well. */
  readonly error: { readonly retryable: boolean } | null;
  /** A component's failure passes. */
  readonly isRetryable: boolean;
}

export function isEffectEvent(event: ModelEvent): event is EffectEvent {
  return event.type.startsWith('xstate.');
}

/** An effect's end on a walk; what the model made is of the type that the effect answers. */
export function endOf(event: EffectEvent): End {
  const effect = event.type.slice(event.type.lastIndexOf('.') + 1);
  const end = { effect, outcomes: {}, unchanged: [], verdict: null, error: null, isRetryable: true };
  if ('error' in event) return { ...end, error: event.error as Failure };
  if (effect === 'assessComponents') {
    const found = Object.entries((event.output as Assessment).components);
    return {
      ...end,
      outcomes: Object.fromEntries(found.map(([path, { verdict }]) => [nameOf(path), verdict])),
      unchanged: found.filter(([, one]: [string, ComponentAssessment]) => one.unchanged).map(([path]) => nameOf(path)),
    };
  }
  if (effect === 'decide') return { ...end, verdict: (event.output as Verdicts).outcome };
  if (effect !== 'transferComponents') return end;
  const results = Object.entries((event.output as Transfer).components);
  return {
    ...end,
    outcomes: Object.fromEntries(results.map(([path, { outcome }]) => [nameOf(path), outcome])),
    isRetryable: results.every(([, result]) => result.outcome !== 'failed' || result.failure.retryable),
  };
}

/** The file name in a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether the effect of a situation asks something that can be held up: a file to look at, a function of the plugin. */
export function isHeldUp({ value, context }: GroupSnapshot, moves: boolean): boolean {
  const components = Object.values(context.components);
  if (value === 'assessing') return components.some(({ inDelivery }) => inDelivery);
  // Only what is whole is extracted.
  if (value === 'adopting') return components.filter((one) => isOrphan(one) && one.inArchive).length > 1;
  return value !== 'deciding' || !moves;
}

/** Whether a step begins an effect, perhaps the one that was at work before. */
export function beginsEffect({ transitions, after }: Step): boolean {
  return Object.keys(after.children).length > 0 && transitions.some((name) => !name.endsWith('→ stays'));
}
