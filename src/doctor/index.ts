/** Looks at a project and at the machine it runs on, and says what is wrong and what helps. */
export { examine } from './examine.ts';
export { findSilent } from './silent.ts';
export { projectChecks } from './project.ts';
export type { Check } from './types.ts';
