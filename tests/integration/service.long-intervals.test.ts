import { expect, it, onTestFinished } from 'vitest';
import { TestProject, until } from '../support/project.ts';

it('intervals that are longer than timers can be do not have the service look without a pause, and rules are watched', async () => {
  const intervals = 'poll_interval = "60d"\nheartbeat_interval = "60d"';
  const project = await TestProject.create({ config: (text) => text.replace('[service]', `[service]\n${intervals}`) });
  const warnings: string[] = [];
  const note = ({ name }: Error) => void warnings.push(name);
  process.on('warning', note);
  onTestFinished(() => void process.off('warning', note));
  const service = await project.start();
  await project.edit('rules.toml', (text) => `${text}\n# other rules`);
  await until('the rules are taken', () => service.log.said('new rules are in force') > 0);
  await service.stop();
  expect(service.log.lines.filter((line) => /^(WARNING|ERROR|CRITICAL)/.test(line))).toEqual([]);
  expect(warnings).not.toContain('TimeoutOverflowWarning');
});
