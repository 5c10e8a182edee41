import { fileURLToPath } from 'node:url';
import { profiles } from './profiles.ts';

/** The project of the world: a watch for each walk, under the rules of its profile. */

const pluginPath = fileURLToPath(new URL('../fixtures/controlled-plugin', import.meta.url));

const service = `
[service]
workers = 2
max_retries = 1
retry_delay = "5m"
poll_interval = "0.5s"
[database]
name = "carbonation.db"
[plugins]
package = "${pluginPath}"
[rules]
file = "rules.toml"
[[archive]]
name = "copies"
base_path = "archive"
destination = "{watch_name}"
[[archive]]
name = "moves"
base_path = "archive"
destination = "{watch_name}"
action = "move"
`;

const watch = (name: string, rules: string, more: string): string => `
[[watch]]
name = "${name}"
path = "delivery/${name}"
rules = "${rules}"
patterns = ["*.dat", "*.xml", "*.log", "SHA256SUMS"]
settle_seconds = 1
${more}
`;

/** The watch of one walk. */
export interface Place {
  readonly name: string;
  readonly profile: { readonly name: string; readonly watch: string };
}

export function configOf(places: readonly Place[]): string {
  return `${service}${places.map(({ name, profile }) => watch(name, profile.name, profile.watch)).join('')}`;
}

export function rulesOf(): string {
  return profiles.map(({ rules }) => rules).join('\n');
}
