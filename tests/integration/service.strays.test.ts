import { mkdir, rm, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { systemClock, type Clock } from '../../src/core/index.ts';
import { TestProject, until } from '../support/project.ts';

/** Time in which a stray is taken up at once. */
const hurried: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic(),
  after: (ms, run) => systemClock.after(ms === 60_000 ? 200 : ms, run),
};

/** Has the database refuse what a condition says, as no driver's code for something that passes. */
const refuse = (when: string) =>
  `create trigger refuses before ${when} begin select raise(abort, 'refused by a trigger'); end`;

it('groups that the database refuses go on once it takes them, without a reconciliation', async () => {
  const project = await TestProject.create();
  await project.run(refuse(`insert on files when new.state = 'archived'`));
  const service = await project.start({ clock: hurried });
  const said = (text: string) => service.log.lines.filter((line) => line.includes(text)).length;
  for (const key of ['a', 'b', 'c']) await project.deliverGroup(key);
  await until('they are refused', () => said('cannot be written') >= 3);
  expect(await project.rows('select state from files')).toEqual([]);
  await project.run('drop trigger refuses');
  const rows = () => project.rows("select state from files where state = 'archived'");
  await until('they are recorded', async () => (await rows()).length === 3);
  expect(await project.archived()).toHaveLength(6);
  expect(await service.stop()).toMatchObject({ outcome: 'stopped' });
});

it('a group whose retry came to nothing because it could not be written is tried again', async () => {
  const project = await TestProject.create({
    config: (text) =>
      text
        .replace(/^# poll_interval = .*$/m, 'poll_interval = "1s"')
        .replace(/^# retry_delay = .*$/m, 'retry_delay = "1s"'),
  });
  await writeFile(project.path('archive'), 'no directory');
  const service = await project.start({ clock: hurried });
  const said = (text: string) => service.log.lines.filter((line) => line.includes(text)).length;
  const state = async () => (await project.rows('select state from files'))[0]?.['state'];
  await project.deliverGroup('one');
  await until('it waits for another try', async () => (await state()) === 'retry_pending');
  await project.run(refuse('update on files'));
  await until('its retry is refused', () => said('cannot be written') > 0);
  expect(await state()).toBe('retry_pending');
  await rm(project.path('archive'));
  await mkdir(project.path('archive'));
  await project.run('drop trigger refuses');
  await until('it is archived', async () => (await state()) === 'archived');
  expect(await project.archived()).toHaveLength(2);
  expect(await service.stop()).toMatchObject({ outcome: 'stopped' });
});
