/** Decides about groups: names, completeness, selection, routing, destination. Pure. */
export { isOfFunction } from './answers.ts';
export { completenessOf, primaryOf, type CompletenessResult } from './completeness.ts';
export {
  decide,
  type DecideInput,
  type Decision,
  type RejectedDecision,
  type SelectedDecision,
  type UnroutableDecision,
} from './decide.ts';
export { renderDestination } from './destination.ts';
export { checksChecksums, fileNameOf, groupFunctionOf, groupKeyOf, splitName, type SplitName } from './group.ts';
export { compilePattern } from './pattern.ts';
export {
  compileRouting,
  evaluateRouting,
  type CallRoute,
  type RouteInput,
  type RouteResult,
  type RouteStep,
  type Routing,
} from './route.ts';
export {
  compileSelection,
  evaluateSelection,
  type CallSelect,
  type Selection,
  type SelectionResult,
  type Verdict,
} from './select.ts';
export { compileTemplate, renderTemplate, type Placeholder, type Template, type TemplateValues } from './template.ts';
export type {
  Completeness,
  FieldCondition,
  IntegrityCheck,
  RoutingRule,
  Rules,
  RuleSet,
  SelectionBlock,
  TimeoutPolicy,
} from './types.ts';
