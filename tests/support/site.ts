import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { initDatabase, openProject, type Project } from '../../src/api/index.ts';
import type { Log } from '../../src/logging/index.ts';
import { scaffold } from '../../src/scaffold/index.ts';
import { runService } from '../../src/service/index.ts';
import { shiftedClock } from './clock.ts';

/** A site as the status page shows it: several watches, with groups in every state that a person meets. */

const config = `[service]
poll_interval = "1s"
retry_delay = "30m"
max_retries = 1

[http]
listen = "127.0.0.1:0"
TOKEN

[database]
drivername = "sqlite"
name = "carbonation.db"

[plugins]
package = "my_plugin"

[rules]
file = "rules.toml"

[[watch]]
name = "passes"
path = "delivery/passes"
rules = "pairs"
type = "pass"
settle_seconds = 0.05

[[watch]]
name = "weather stations"
path = "delivery/stations"
rules = "pairs"
type = "observation"
settle_seconds = 0.05

[[watch]]
name = "partner-drop"
path = "delivery/partner"
rules = "pairs"
type = "partner"
settle_seconds = 0.05

[[watch]]
name = "lab"
path = "delivery/lab"
rules = "single"
settle_seconds = 0.05

[[archive]]
name = "main"
base_path = "archive"
destination = "{category}/{start:%Y%m%d}"

[[archive]]
name = "lab"
base_path = "archive/lab"
destination = "{watch_name}"
`;

const rules = `[pairs]
archive = "main"

[[pairs.integrity]]
type = "min_size"
value = 10

[pairs.completeness]
group_by = "stem"
expected_extensions = [".json", ".txt"]
primary_extension = ".json"
timeout_minutes = 60
on_timeout = "warn"

[pairs.metadata]
extract = "sample"

[[pairs.selection]]
has_keys = ["category"]
field = [{ name = "source", not_matches = ["^test"] }]

[[pairs.routing]]
match = "special_*"
archive = "main"

[single]
archive = "lab"

[[single.integrity]]
type = "json"
`;

/** A project with several watches in a directory of its own. */
export class Site {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** @param token - written into a file that `[http] token_file` names; null: the page only shows */
  static async create(directory: string, token: string | null = null): Promise<Site> {
    const site = new Site(directory);
    await scaffold({ directory, systemd: false, user: null });
    const places = ['passes', 'stations', 'partner', 'lab'].map((name) => mkdir(site.path(`delivery/${name}`)));
    await Promise.all(places);
    if (token !== null) await writeFile(site.path('token'), `${token}\n`);
    await writeFile(site.path('config.toml'), config.replace('TOKEN', token === null ? '' : 'token_file = "token"'));
    await writeFile(site.path('rules.toml'), rules);
    await initDatabase(await site.open());
    return site;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  open(): Promise<Project> {
    return openProject(this.path('config.toml'), {});
  }

  /** A complete group, or one that lacks its text. */
  async deliver(place: string, stem: string, metadata: Readonly<Record<string, unknown>> = {}, isComplete = true) {
    const start = '2026-03-01T06:00:00Z';
    const sample = { start, stop: '2026-03-01T06:12:00Z', category: 'level-1', source: 'Svalbard', ...metadata };
    await this.write(`delivery/${place}/${stem}.json`, JSON.stringify(sample));
    if (isComplete) await this.write(`delivery/${place}/${stem}.txt`, `${stem}\n`.repeat(2000));
  }

  /** Writes aside and renames, so that a file is there as a whole or not at all. */
  async write(name: string, content: string): Promise<void> {
    await writeFile(this.path('aside'), content);
    await rename(this.path('aside'), this.path(name));
  }

  /** What troubles a real site: incomplete, unsound, unwanted and impossible groups. */
  async deliverTrouble(): Promise<void> {
    await this.deliver('partner', 'scene_0412', { category: '../outside' });
    await this.deliver('partner', 'scene_0413', { category: '' });
    await this.deliver('partner', 'test_scene', { source: 'test rig' });
    await this.deliver('partner', 'scene_0420', {}, false);
    await this.deliver('passes', 'pass_20260301_0712', {}, false);
    await this.write('delivery/lab/run-17.json', '{ "sequence": "ACGT", ');
    await this.write(`delivery/lab/${hostileName}`, 'not json');
  }

  /** Processes what is there, as if it were another time. */
  async runOnce(log: Log, shiftMs = 0): Promise<void> {
    const signal = new AbortController().signal;
    await runService(await this.open(), { once: true, dryRun: false, log, signal, clock: shiftedClock(shiftMs) });
  }

  async edit(name: string, change: (text: string) => string): Promise<void> {
    await writeFile(this.path(name), change(await readFile(this.path(name), 'utf8')));
  }
}

/** A file name that would be a script, and that of another kind of file, were it not escaped. */
export const hostileName = '<img src=x onerror=alert(1)>\u202Etxt.json';
