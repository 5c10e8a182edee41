import type { RulesAnswer } from '../../machines/supervisor/index.ts';
import type { Log } from '../logging/index.ts';

/** Logs what reading the rules again has come to; unchanged ones are told of after others that were not taken. */
export function logRules(log: Log, answer: RulesAnswer): void {
  switch (answer.outcome) {
    case 'changed':
      log.success('new rules are in force', { version: answer.version });
      break;
    case 'unchanged':
      log.success('rules.toml holds the rules in force again');
      break;
    case 'invalid':
      log.error('rules.toml is invalid; the former rules stay in force', { problems: answer.problems.join(' | ') });
      break;
  }
}
