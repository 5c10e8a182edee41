import type { Project } from '../api/project.ts';
import type { CarbonationError } from '../errors/index.ts';

/** The value of `--workers`, or null: as in config.toml. @throws what `usage` makes of a wrong one */
export function parseWorkers(value: string | undefined, usage: (message: string) => CarbonationError): number | null {
  if (value === undefined) return null;
  const workers = Number(value);
  if (Number.isInteger(workers) && workers >= 1 && workers <= 1024) return workers;
  throw usage(`--workers must be a whole number from 1 to 1024, not "${value}"`);
}

/** The project with another number of threads. */
export function withWorkers(project: Project, workers: number | null): Project {
  if (workers === null) return project;
  const { config } = project;
  return { ...project, config: { ...config, service: { ...config.service, workers } } };
}
