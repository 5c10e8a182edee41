import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { AdoptedFile } from '../../machines/file-group/index.ts';
import { identityOf } from '../../src/core/index.ts';
import type { World } from './world.ts';

/** The files around one watch, and what a test does to them. */
export class Stage {
  readonly #world: World;
  readonly #watch: string;
  /** Contents delivered, by name; the last one is there now. */
  readonly #contents = new Map<string, string[]>();

  readonly #moves: boolean;

  constructor(world: World, watch: string, moves: boolean) {
    this.#world = world;
    this.#watch = watch;
    this.#moves = moves;
  }

  get #delivery(): string {
    return this.#world.project.path(`delivery/${this.#watch}`);
  }

  get #archive(): string {
    return this.#world.project.path(`archive/${this.#watch}`);
  }

  /** Puts a file into delivery; `same`: with the content that it was delivered with before. */
  deliver(name: string, same = false): string {
    const former = this.#contents.get(name) ?? [];
    const content =
      (same ? former.at(-1) : undefined) ?? `content ${former.length + 1} of ${name} for ${this.#watch}\n`;
    this.#contents.set(name, [...former, content]);
    const path = `${this.#delivery}/${name}`;
    // What is moved is the very file that was delivered, until it is removed: only another file may take its place.
    if (this.#moves) {
      writeFileSync(`${this.#delivery}/.${name}`, content);
      renameSync(`${this.#delivery}/.${name}`, path);
    } else writeFileSync(path, content);
    this.#world.touched();
    return content;
  }

  /** Everything that waits in the watch is looked at again when a manifest comes. */
  deliverManifest(): void {
    writeFileSync(`${this.#delivery}/SHA256SUMS`, `of ${this.#world.clock.now()}\n`);
    this.#world.touched();
  }

  remove(name: string): void {
    rmSync(`${this.#delivery}/${name}`);
    this.#world.touched();
  }

  /** Tells a function of the plugin what to do; nothing: its work. */
  tell(name: string, word: string | null): void {
    const path = this.#world.project.path(`control/${this.#watch}.${name}`);
    if (word === null) rmSync(path, { force: true });
    else writeFileSync(path, word);
  }

  /** Puts something else where the archive's directory is made: a file, or (for good) a link to the delivery directory. */
  breakArchive(isForGood: boolean): void {
    if (existsSync(this.#archive)) renameSync(this.#archive, `${this.#archive}.away`);
    if (isForGood) symlinkSync(this.#delivery, this.#archive);
    else writeFileSync(this.#archive, 'not a directory');
  }

  mendArchive(): void {
    const isBroken = existsSync(this.#archive) && !lstatSync(this.#archive).isDirectory();
    if (isBroken) rmSync(this.#archive);
    if (existsSync(`${this.#archive}.away`)) renameSync(`${this.#archive}.away`, this.#archive);
  }

  /** Takes copies out of the archive, or puts them back. */
  takeCopies(names: readonly string[]): void {
    this.#eachCopy(names, (path) => {
      mkdirSync(`${dirname(path)}.taken`, { recursive: true });
      renameSync(path, `${dirname(path)}.taken/${basename(path)}`);
    });
  }

  returnCopies(names: readonly string[]): void {
    this.#eachCopy(names, (path) => renameSync(`${dirname(path)}.taken/${basename(path)}`, path));
  }

  /** Puts files into the archive that nobody has delivered; what a reconciliation says of them. */
  leaveOrphans(names: readonly string[]): readonly AdoptedFile[] {
    mkdirSync(this.#archive, { recursive: true });
    return names.map((name) => {
      const path = `${this.#archive}/${name}`;
      const content = `an orphan ${name} of ${this.#watch}\n`;
      if (!existsSync(path)) writeFileSync(path, content);
      const sha256 = createHash('sha256').update(content).digest('hex');
      const source = identityOf(lstatSync(path));
      return { name, copy: { path, sha256, sizeBytes: source.sizeBytes, at: this.#world.clock.now(), source } };
    });
  }

  /** The path in the archive of an orphan. */
  orphan(name: string): string {
    return `${this.#archive}/${name}`;
  }

  /** From now on no file can be removed from delivery. */
  forbidRemoval(): void {
    changeAttribute('+i', this.#delivery);
  }

  allowRemoval(): void {
    changeAttribute('-i', this.#delivery);
  }

  #eachCopy(names: readonly string[], run: (path: string) => void): void {
    for (const name of names) {
      const [row] = this.#world.rows(
        'select archive_path from file_components where watch_name = ? and filename = ?',
        this.#watch,
        name,
      );
      run(String(row?.['archive_path']));
    }
  }
}

/** Even root cannot remove a name from an immutable directory; others are stopped by its mode. */
function changeAttribute(change: '+i' | '-i', directory: string): void {
  if (process.getuid?.() === 0) execFileSync('chattr', [change, directory]);
  else execFileSync('chmod', [change === '+i' ? 'a-w' : 'u+w', directory]);
}
