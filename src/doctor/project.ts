import type { Inspection } from '../api/inspect.ts';
import type { Problem } from '../config/types.ts';
import { formatUngraded } from '../config/index.ts';
import { counted } from '../core/counted.ts';
import { checksOf, type Check } from './types.ts';

/** The oldest Node that works, and the one that it is made with. */
const oldestNode = [22, 22] as const;
const currentMajor = 24;

/** Node, config.toml, rules.toml and the plugin. */
export function projectChecks({ problems, checked }: Inspection, node: string): readonly Check[] {
  const isPlugin = ({ key }: Problem): boolean => key === 'plugins.package';
  const isRules = ({ file }: Problem): boolean => file === checked.rules;
  const rules = problems.filter(isRules);
  const config = problems.filter((problem) => !isPlugin(problem) && !isRules(problem));
  const { plugin } = checked;
  const first = [
    nodeCheck(node),
    fileCheck('config', checked.config, config, counted(checked.watches, 'watch', 'watches')),
  ];
  if (checked.rules === null) return first;
  return [
    ...first,
    fileCheck('rules', checked.rules, rules, counted(checked.ruleSets, 'rule set')),
    plugin === null
      ? fileCheck('plugin', 'the plugin', problems.filter(isPlugin), 'nothing')
      : fileCheck(
          'plugin',
          plugin.name,
          problems.filter(isPlugin),
          `${counted(plugin.columns, 'column')}, ${counted(plugin.migrations, 'migration')}`,
        ),
  ];
}

function nodeCheck(node: string): Check {
  const check = checksOf('node');
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldestNode;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    return check.fail(`v${node} is too old`, 'install Node 24 (or at least 22.22)');
  }
  if (major < currentMajor) return check.warn(`v${node} works; carbonation is tested with Node 24`, 'install Node 24');
  return check.ok(`v${node} on ${process.platform} ${process.arch}`);
}

function fileCheck(name: string, file: string, problems: readonly Problem[], holds: string): Check {
  const check = checksOf(name);
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors.length > 0 ? errors : problems;
  if (first === undefined) return check.ok(`${file}: ${holds}`);
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
  const text = `${formatUngraded(first)}${more}`;
  return errors.length > 0
    ? check.fail(text, 'correct it; `carbonation check config` lists everything')
    : check.warn(text, '`carbonation check config` lists everything');
}
