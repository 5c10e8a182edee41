/** What the commands and the library build on: a project's files, and its database. */
export { initDatabase, openStore, type DatabaseProject, type OpenStore } from './database.ts';
export { openProject, type Project } from './project.ts';
