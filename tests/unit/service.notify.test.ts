import { afterEach, expect, test, vi } from 'vitest';
import { SystemdNotifier } from '../../src/service/notify.ts';
import { collectLog } from '../support/project.ts';

afterEach(() => void vi.unstubAllEnvs());

test('systemd hears one word after the other, also after one that it could not be told', async () => {
  vi.stubEnv('NOTIFY_SOCKET', '/run/notify');
  const told: string[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const log = collectLog();
  const notifier = new SystemdNotifier(log, ([word = '']) => {
    told.push(word);
    const end = Promise.withResolvers<void>();
    ends.push(end);
    return end.promise;
  });
  notifier.reloading();
  notifier.ready('idle');
  notifier.watchdog('idle');
  await vi.waitFor(() => expect(told).toEqual(['RELOADING=1']));
  ends[0]?.reject(new Error('refused'));
  await vi.waitFor(() => expect(told).toEqual(['RELOADING=1', 'READY=1']));
  ends[1]?.resolve();
  await vi.waitFor(() => expect(told).toEqual(['RELOADING=1', 'READY=1', 'WATCHDOG=1']));
  expect(log.lines).toEqual([expect.stringContaining('systemd cannot be notified')]);
});
