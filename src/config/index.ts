/** config.toml: read, validated, frozen; and the checks that go over both files, the plugin and the host. */
export { crossCheck, nameProblems, namesIn } from './check.ts';
export { keyProblems } from './check-keys.ts';
export { hostCheck } from './check-host.ts';
export { inspectConfig, loadConfig } from './load.ts';
export { locateProblems } from './locate.ts';
export { formatProblem, formatUngraded, hasErrors } from './problem.ts';
export type * from './types.ts';
