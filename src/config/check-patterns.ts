import { alternatives } from '../core/index.ts';
import type { Rules } from '../rules/types.ts';
import { setOf } from './check-support.ts';
import { problemsOf } from './problem.ts';
import type { Config, Problem, WatchConfig } from './types.ts';

/** Expected extensions that a watch's globs never let through, so that no group could become complete. */
export function patternProblems(config: Config, rules: Rules, file: string): Problem[] {
  return config.watches.flatMap((watch, index) => {
    const expected = setOf(rules, watch)?.completeness?.expectedExtensions ?? [];
    return expected.flatMap((extension) => {
      const part = obstacle(watch, extension);
      if (part === null) return [];
      const why = part === 'patterns' ? 'no pattern matches' : 'an ignore pattern takes away';
      const message = `watch "${watch.name}": ${why} a file "*${extension}", which rule set "${watch.rules}" expects`;
      return [problemsOf(file).warning(['watch', index, part], message)];
    });
  });
}

function obstacle(watch: WatchConfig, extension: string): 'patterns' | 'ignore_patterns' | null {
  if (watch.patterns.length > 0 && !watch.patterns.some((glob) => canMatch(glob, extension))) return 'patterns';
  return watch.ignorePatterns.some((glob) => takesAll(glob, extension)) ? 'ignore_patterns' : null;
}

// Only what is behind the last special character is certain; only that can rule an extension out.
function canMatch(glob: string, extension: string): boolean {
  return alternatives(glob).some((one) => {
    const special = Math.max(...[...'*?[]{}'].map((character) => one.lastIndexOf(character)));
    const tail = one.slice(special + 1);
    return special === -1 ? tail.endsWith(extension) : tail.endsWith(extension) || extension.endsWith(tail);
  });
}

function takesAll(glob: string, extension: string): boolean {
  return alternatives(glob).some((one) => /^\*[^*?[\]{}]*$/.test(one) && extension.endsWith(one.slice(1)));
}
