/** Statecharts, pure: they import xstate only, every effect is provided from src/service. */
export * from './file-group/index.ts';
export * from './supervisor/index.ts';
export * from './watch/index.ts';
