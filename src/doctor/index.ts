/** Looks at a project and at the machine it runs on, and says what is wrong and what helps. */
export { examine, type Patient } from './examine.ts';
export { projectChecks } from './project.ts';
export type { Check, Verdict } from './types.ts';
