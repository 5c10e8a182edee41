import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram } from '../support/cli.ts';
import { canMount, mountSilent } from '../support/mount.ts';
import { useTemp } from '../support/temp.ts';

const temp = useTemp();
const module = join(import.meta.dirname, '../../src/core/end-process.ts');

it.runIf(canMount(mountSilent))('a process ends, with its code, although a disk does not answer it', async () => {
  using hung = mountSilent(join(temp(), 'hung'));
  const script = `
    const { endProcess } = await import(${JSON.stringify(module)});
    const { stat } = await import('node:fs/promises');
    process.on('exit', (code) => console.log('ending with', code));
    void stat(${JSON.stringify(hung.path)});
    setImmediate(() => endProcess(3));`;
  const args = ['--input-type=module', '--eval', script];
  expect(await runProgram(process.execPath, args, temp())).toEqual({ code: 3, stdout: 'ending with 3\n', stderr: '' });
});
