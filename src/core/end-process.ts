/**
 * Ends the process now. By itself Node waits for its threads then, so without end for one whose call to a disk has no answer; another
 * program in place of this one does not.
 */
export function endProcess(code: number): void {
  process.on('exit', () => {
    // Node 22 has it since 22.15, other systems than Linux and macOS lack it.
    process.execve?.(process.execPath, [process.execPath, '-e', `process.exit(${code})`], {
      ...process.env,
      NODE_OPTIONS: '',
    });
  });
  process.exit(code);
}
