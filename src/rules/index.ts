/** Decides about groups: names, completeness, selection, routing, destination. Pure. */
export { isOfFunction } from './answers.ts';
export { completenessOf, primaryOf } from './completeness.ts';
export { decide, type DecideInput, type Decision } from './decide.ts';
export { renderDestination } from './destination.ts';
export { checksChecksums, fileNameOf, groupFunctionOf, groupKeyOf, splitName } from './group.ts';
export { compilePattern } from './pattern.ts';
export { compileRouting, evaluateRouting, type CallRoute } from './route.ts';
export { compileSelection, evaluateSelection, type CallSelect } from './select.ts';
export { compileTemplate } from './template.ts';
export type { Completeness, RoutingRule, Rules, RuleSet, SelectionBlock } from './types.ts';
