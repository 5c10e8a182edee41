import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { shiftedClock, TestProject } from '../support/project.ts';

// Goal: whatever happens to a file while its group is being worked on, what is archived is one delivered state of it, whole.
// Method: the file is changed at the moment in which the group enters a state; then the service runs on, and once more.

const text = 'the first text '.repeat(3000);
const states = ['assessing', 'extracting', 'deciding', 'transferring', 'archived'] as const;

async function archivedTexts(project: TestProject): Promise<readonly string[]> {
  const names = (await project.archived()).filter((name) => name.endsWith('.txt'));
  return Promise.all(names.map((name) => readFile(project.path(`archive/${name}`), 'utf8')));
}

async function disturb(state: string, change: (path: string) => void): Promise<TestProject> {
  const project = await TestProject.create();
  await project.deliverGroup('a', {}, text);
  let isChanged = false;
  await project.runOnce({
    onEnter: (group) => {
      if (group.state !== state || isChanged) return;
      isChanged = true;
      change(project.path('delivery/a.txt'));
    },
  });
  expect(isChanged).toBe(true);
  await project.runOnce({ clock: shiftedClock(3_600_000) });
  expect((await project.archived()).filter((name) => name.includes('.part'))).toEqual([]);
  return project;
}

async function status(project: TestProject): Promise<unknown> {
  const rows = await project.rows("select status from file_components where filename = 'a.txt'");
  return rows[0]?.['status'];
}

describe.each(states)('a file of a group that is %s', (state) => {
  it('and is appended to is archived as it is in the end', async () => {
    const project = await disturb(state, (path) => appendFileSync(path, 'and more'));
    const texts = await archivedTexts(project);
    expect(texts).toContain(`${text}and more`);
    for (const archived of texts) expect([text, `${text}and more`]).toContain(archived);
    expect(await status(project)).toBe('archived');
  });

  it('and is replaced by a rename is archived as it is in the end', async () => {
    const project = await disturb(state, (path) => {
      writeFileSync(`${path}.tmp`, 'another text altogether');
      renameSync(`${path}.tmp`, path);
    });
    const texts = await archivedTexts(project);
    expect(texts).toContain('another text altogether');
    for (const archived of texts) expect([text, 'another text altogether']).toContain(archived);
  });

  it('and is deleted is archived whole or not at all, and the database says which', async () => {
    const project = await disturb(state, (path) => rmSync(path));
    const texts = await archivedTexts(project);
    expect(texts).toEqual((await status(project)) === 'archived' ? [text] : []);
    expect(['archived', 'cleared']).toContain(await status(project));
  });
});
