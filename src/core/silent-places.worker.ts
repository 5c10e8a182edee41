/**
 * A process that looks at places for another one, which leaves it behind where they do not answer. The number of each that answers,
 * whatever it says, is written as a line.
 */
import { opendir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Resolves when the place has answered, or what is nearest above it. */
async function look(place: string): Promise<void> {
  try {
    // The kernel may know what `stat` asks for; only the disk itself knows its room.
    await statfs(place);
    await (await opendir(place)).close();
  } catch {
    if (dirname(place) !== place) await look(dirname(place));
  }
}

for (const [index, place] of process.argv.slice(2).entries()) {
  void look(place).then(() => process.stdout.write(`${index}\n`));
}
