import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** The shell without a screen first: the same pages take half of the CPU time in it. */
const names = [
  'chromium-headless-shell',
  'chrome-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
];

/** Chromium's program: the one that CARBONATION_TEST_CHROMIUM names, or the first on the path; null: there is none. */
function installedBrowser(): string | null {
  const named = process.env['CARBONATION_TEST_CHROMIUM'];
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin'];
  const candidates = named === undefined ? directories.flatMap((one) => names.map((name) => join(one, name))) : [named];
  return candidates.find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * A browser to test with. Where tests decide (CI) and it may, it installs Debian's package; elsewhere nothing is
 * installed unasked, and that the tests are skipped is said on stderr.
 */
export function findBrowser(): string | null {
  const found = installedBrowser();
  if (found !== null) return found;
  let why = 'there is no Chromium';
  if (process.env['CI'] !== undefined && process.getuid?.() === 0 && isProgram('/usr/bin/apt-get')) {
    try {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      const options = { env, stdio: 'ignore', timeout: 240_000 } as const;
      execFileSync('apt-get', ['update'], options);
      const install = ['install', '-y', '--no-install-recommends', 'fonts-dejavu-core'];
      try {
        execFileSync('apt-get', [...install, 'chromium-headless-shell'], options);
      } catch {
        // Older releases of Debian have no such package.
        execFileSync('apt-get', [...install, 'chromium'], options);
      }
      const installed = installedBrowser();
      if (installed !== null) return installed;
    } catch (error) {
      why = `Chromium cannot be installed: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  process.stderr.write(
    `SKIPPED: tests of the status page in a browser; ${why} (install Debian's package chromium-headless-shell, or name a program in CARBONATION_TEST_CHROMIUM)\n`,
  );
  return null;
}

/** Builds the status page into a directory. */
export async function buildPage(outDir: string): Promise<void> {
  const configFile = fileURLToPath(new URL('../../web/vite.config.ts', import.meta.url));
  await build({ configFile, logLevel: 'error', build: { outDir } });
}
