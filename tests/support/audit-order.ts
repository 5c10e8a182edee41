import type { ArchiveOrder } from '../../src/service/index.ts';

/** Everything, as a person without options asks for it. */
export const wholeOrder: ArchiveOrder = {
  archives: [],
  paths: [],
  cwd: '/',
  watch: null,
  verify: false,
  restart: false,
  force: false,
  writeOff: false,
  dryRun: false,
};

/** Everything, with every file read. */
export const auditOrder: ArchiveOrder = { ...wholeOrder, verify: true };
