import { openStore } from '../api/database.ts';
import { systemClock } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import { loadMigrations, loadPlugin } from '../plugin/index.ts';
import { loadRules } from '../rules/load.ts';
import { archivedBetween } from '../store/read/recent.ts';
import { createApp, type App } from './app.ts';
import type { ServerData, ServerMessage, ServicePulse } from './messages.ts';
import { Metrics } from './metrics.ts';
import { ObservedService } from './observed.ts';
import { readPageFiles } from './page-files.ts';
import { CurrentProject } from './project.ts';
import { minutesBefore } from './throughput.ts';

/** The service as it is shown. */
export interface ShownService {
  readonly fetch: App['fetch'];
  readonly hear: (pulse: ServicePulse) => void;
}

/**
 * Opens the project's database, on a connection of its own, and shows the service.
 *
 * @param first - the service's first pulse that is to be heard
 * @throws CarbonationError what is wrong with the database, the plugin or the rules
 */
export async function showService(
  data: ServerData,
  first: ServicePulse,
  say: (message: ServerMessage) => void,
): Promise<ShownService> {
  const { config, http, location, token, version, pageDirectory } = data;
  const warn = (message: string, fields: Readonly<Record<string, string>>): void =>
    say({ type: 'warning', message, fields });
  const service = new ObservedService(first);
  const plugin = await loadPlugin(location);
  const migrations = await loadMigrations(plugin, location);
  const { rules } = await loadRules(config.rulesPath, config.watches);
  const { store, close } = await openStore({ config, plugin, migrations });
  const project = new CurrentProject({ config, plugin, rules });
  let files: Awaited<ReturnType<typeof readPageFiles>>;
  try {
    files = await readPageFiles(pageDirectory ?? undefined);
    // What has been archived since is counted in the pulses.
    for (const [since, before] of minutesBefore(first.signs.at)) {
      const found = await archivedBetween(store.sql, since, before);
      for (const one of found) service.throughput.add(one.watchName, since, one.files);
    }
  } catch (error) {
    await close();
    throw error;
  }
  if (files.size === 0) warn('the status page is not built', { remedy: 'run `npm run build:page`' });
  const app = createApp({
    host: http.host,
    token,
    store,
    project: () => project.current,
    service,
    metrics: (status) => new Metrics(service, version, status),
    version,
    files,
    lookNow: () => say({ type: 'look' }),
    onError: (path, error) => warn('a request of the status page failed', { path, reason: messageOf(error) }),
    now: () => Math.round(service.signs.at + service.silenceMs),
    clock: systemClock,
  });
  const hear = (pulse: ServicePulse): void => {
    service.hear(pulse);
    if (pulse.counts !== null) app.metrics.note(pulse.counts);
    void project.follow(pulse.signs.rulesVersion);
    void app.tell();
  };
  return { fetch: app.fetch, hear };
}
