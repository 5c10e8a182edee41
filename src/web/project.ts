import type { Project } from '../api/project.ts';
import { inspectRules } from '../rules/load.ts';

/** What of a project is shown. */
export type ShownProject = Pick<Project, 'config' | 'rules' | 'plugin'>;

/** The project with the rules in force: the file is read again when the service has taken other ones. */
export class CurrentProject {
  #current: ShownProject;
  #isReading = false;

  constructor(project: ShownProject) {
    this.#current = project;
  }

  get current(): ShownProject {
    return this.#current;
  }

  /** The service's rules are of this version. */
  async follow(version: string): Promise<void> {
    if (this.#isReading || this.#current.rules.version === version) return;
    this.#isReading = true;
    try {
      const { config } = this.#current;
      const { rules } = await inspectRules(config.rulesPath, config.watches);
      // The file may have been changed again meanwhile: then the service will take that, or refuse it.
      if (rules?.version === version) this.#current = { ...this.#current, rules };
    } catch {
      // Unreadable: the service says so, and what was in force stays shown.
    } finally {
      this.#isReading = false;
    }
  }
}
