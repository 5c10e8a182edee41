import { join } from 'node:path';
import { expect, it } from 'vitest';
import { useConfigDirectory } from '../support/config-directory.ts';

const directory = useConfigDirectory();
const watch = '[[watch]]\nname = "incoming"\npath = "in"\nrules = "r"\n';

it('a notifier has a command or a URL, the defaults, and paths that are absolute', async () => {
  const config = await directory.load(`${watch}
[[notify]]
on = ["failed"]
command = ["./tell", "a"]
[[notify]]
name = "hook"
on = ["archived", "watch_lost"]
watch = "incoming"
url = "https://host/x"
token_file = "token"
timeout = "1m"
`);
  expect(config.notifiers).toEqual([
    {
      name: expect.stringMatching(/^notify-[0-9a-f]{8}$/),
      on: ['failed'],
      watch: null,
      target: { kind: 'command', command: ['./tell', 'a'] },
      timeoutMs: 30_000,
    },
    {
      name: 'hook',
      on: ['archived', 'watch_lost'],
      watch: 'incoming',
      target: { kind: 'url', url: 'https://host/x', tokenFile: join(directory.path, 'token') },
      timeoutMs: 60_000,
    },
  ]);
});

it('a request that may take longer than requests can is limited, and warned of', async () => {
  const text = `${watch}
[[notify]]
on = ["failed"]
url = "https://host/x"
timeout = "10m"
[[notify]]
on = ["failed"]
command = ["./tell"]
timeout = "10m"
`;
  expect(await directory.lines(text)).toEqual([
    'config.toml:9: warning: notify[0].timeout: is more than a request may take: it is given up after 5 minutes',
  ]);
  const { notifiers } = await directory.load(text);
  expect(notifiers.map(({ timeoutMs }) => timeoutMs)).toEqual([300_000, 600_000]);
});

it('what is wrong is named with its line; the URL and the arguments, which may be secret, are not shown', async () => {
  const lines = await directory.lines(`${watch}
[[notify]]
on = ["archived"]
[[notify]]
on = ["archivd"]
command = ["a"]
url = "https://host/s3cret"
[[notify]]
on = []
url = "ftp://s3cret"
[[notify]]
on = ["failed"]
command = "run s3cret"
watch = "incomin"
[[notify]]
on = ["failed"]
url = "https://host/s3cret"
name = "x"
[[notify]]
on = ["failed"]
command = ["s3cret"]
token_file = "t"
name = "x"
[[notify]]
on = ["failed"]
url = "https://["
[[notify]]
on = ["failed"]
url = "https://["
`);
  expect(lines).toEqual([
    'config.toml:6: notify[0]: expected a command or a url, found neither',
    'config.toml:8: notify[1]: expected a command or a url, found both',
    expect.stringMatching(
      /^config\.toml:9: notify\[1\]\.on\[0\]: expected one of "archived".*; did you mean "archived"\?$/,
    ),
    expect.stringMatching(/^config\.toml:13: notify\[2\]\.on: expected a list of /),
    'config.toml:14: notify[2].url: expected a URL that begins with https:// or http://, found a text',
    'config.toml:17: notify[3].command: expected a program and its arguments, e.g. ["/usr/local/bin/page", "--team", "ops"], found a text',
    'config.toml:18: notify[3].watch: there is no watch "incomin"; did you mean "incoming"?',
    'config.toml:26: notify[5].token_file: belongs to a url; a command is given nothing but the event',
    'config.toml:27: notify[5].name: "x" is the name of notify[4] too',
    'config.toml:30: notify[6].url: expected a URL, found a text that is none',
    'config.toml:31: notify[7]: calls the same as notify[6], and neither has a name; give each a name, by which its place is remembered',
    'config.toml:33: notify[7].url: expected a URL, found a text that is none',
  ]);
});
