import { expect } from 'vitest';
import { storedState, type GroupState } from '../../machines/file-group/index.ts';
import { runCli } from '../support/cli.ts';
import type { World } from './world.ts';

/** What the commands of carbonation say and do beside the service. */

/** `retry`: has the group of a watch tried again that the database has in this state. */
export async function retry(world: World, watch: string, state: GroupState): Promise<void> {
  const { code, stderr } = await world.command('retry', '--watch-name', watch, '--status', storedState(state));
  expect([code, stderr]).toEqual([0, '']);
}

/** `reconcile archive`: has the copies of a group compared with the database. */
export async function reconcileArchive(world: World, watch: string, ...options: readonly string[]): Promise<void> {
  const place = world.project.path(`archive/${watch}`);
  const argv = ['reconcile', 'archive', place, '--archive', 'copies', '--watch', watch, '--format', 'json'];
  const { stdout } = await world.command(...argv, ...options);
  expect(JSON.parse(stdout)).toMatchObject({ brake: null, problems: [] });
}

/** `query files`: the first group in each state is looked at with it, too. */
export class Query {
  readonly #seen = new Set<GroupState>();

  async check(world: World, watch: string, state: GroupState): Promise<void> {
    if (this.#seen.has(state)) return;
    this.#seen.add(state);
    const argv = ['query', 'files', '--watch-name', watch, '--columns', 'group_key,state', '--format', 'json'];
    const { code, stdout } = await runCli(argv, { cwd: world.project.directory });
    expect(code).toBe(0);
    const group = { group_key: expect.stringMatching(/^a(\.dat)?$/), state: storedState(state) };
    expect(JSON.parse(stdout)).toContainEqual(group);
  }
}

/** `status`: what it counts is what there is. */
export async function checkStatus(world: World): Promise<void> {
  const { code, stdout } = await runCli(['status', '--format', 'json'], { cwd: world.project.directory });
  const states = world.rows('select state, count(*) as n from files group by state');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ groups: Object.fromEntries(states.map(({ state, n }) => [state, n])) });
}
