import { readFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openOrm } from '../../src/store/index.ts';
import { closeOrm } from '../../src/store/orm.ts';
import { availableDrivers, hasServer } from '../support/databases.ts';
import { TestProject, until } from '../support/project.ts';
import { Proxy } from '../support/proxy.ts';

const drivers = (await availableDrivers()).filter(hasServer);

/** The kernel's timers of connections to a port: what they are for, and how long they have to go, in ticks of 10 ms (proc(5)). */
async function timersOfConnections(port: number): Promise<readonly { kind: number; ms: number }[]> {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/));
  return lines
    .filter(([, , to, state]) => to?.endsWith(remote) === true && state === '01')
    .map(([, , , , , timer = '']) => {
      const [kind = '', ticks = ''] = timer.split(':');
      return { kind: parseInt(kind, 16), ms: parseInt(ticks, 16) * 10 };
    });
}

describe.each(drivers)('a connection to %s', (driver) => {
  afterEach(() => void vi.useRealTimers());

  const open = async (isHeld: boolean) => {
    const project = await TestProject.create({ database: driver });
    const proxy = await Proxy.before(project);
    if (isHeld) proxy.hold();
    const { config } = await project.open();
    return { proxy, config, opening: () => openOrm(config.database, {}, { create: false }) };
  };

  it.runIf(platform() === 'linux')('is asked by the kernel whether there is still somebody at its end', async () => {
    const { proxy, opening } = await open(false);
    const orm = await opening();
    onTestFinished(() => closeOrm(orm));
    // 2: keepalive. Another timer may run as long as the last packet has not been acknowledged.
    await until('the connection is idle', async () => (await timersOfConnections(proxy.port))[0]?.kind === 2);
    expect((await timersOfConnections(proxy.port))[0]?.ms).toBeLessThanOrEqual(11_000);
  });

  it('that is accepted and not answered is not waited for for ever', async () => {
    const { opening } = await open(true);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let isOver = false;
    const opened = opening()
      .catch((error: unknown) => error)
      .finally(() => (isOver = true));
    while (!isOver) {
      await vi.advanceTimersByTimeAsync(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await opened).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  });
});
