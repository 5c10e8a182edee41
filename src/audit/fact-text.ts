import type { DecisionFact, RuleVerdict, TransitionFacts } from '../../machines/file-group/index.ts';
import { listNames } from '../core/counted.ts';

/** Stored facts in plain words. */

/** The most names in a line. */
const mostNames = 8;

/** What a transition was decided by, a line each; `reason` is the group's own, which is left out when the facts say it. */
export function factLines(facts: TransitionFacts | null, reason: string | null): readonly string[] {
  if (facts === null) return reason === null ? [] : [reason];
  const { files = [], missing = [], components = [], decision, failure, formerCopies = [], cut = 0 } = facts;
  const isSaid = decision !== undefined || failure !== undefined || missing.length > 0 || components.length > 0;
  return [
    ...(reason === null || isSaid ? [] : [reason]),
    ...(files.length === 0 ? [] : [listNames(files, mostNames)]),
    ...(missing.length === 0 ? [] : [`still to come: ${missing.join(', ')}`]),
    ...components.map(({ name, verdict, reason: own }) => `${name}: ${verdict}${own === null ? '' : `: ${own}`}`),
    ...(decision === undefined ? [] : decisionLines(decision)),
    ...(failure === undefined ? [] : [`${failure.code}: ${failure.message}`]),
    ...(formerCopies.length === 0
      ? []
      : [
          `a new revision; copies of the former one: ${listNames(
            formerCopies.map(({ path }) => path),
            mostNames,
          )}`,
        ]),
    ...(cut === 0 ? [] : [`(more was said; what is kept of one step is bounded)`]),
  ];
}

/** Each rule's verdict and what came of them. */
function decisionLines({ selection, routing, outcome, archive, directory }: DecisionFact): readonly string[] {
  return [
    ...verdictLines(selection, routing),
    ...(outcome === 'selected' && archive !== null ? [`to the archive "${archive}": ${directory ?? ''}`] : []),
  ];
}

/** `selection block 1 does not hold: category = "beta" does not match ^alpha` */
export function verdictLines(selection: readonly RuleVerdict[], routing: readonly RuleVerdict[]): readonly string[] {
  return [
    ...selection.map(({ rule, holds, reason }) => `${rule} ${holds ? 'holds' : 'does not hold'}: ${reason}`),
    ...routing.map(({ rule, reason }) => `${rule} ${reason}`),
  ];
}
