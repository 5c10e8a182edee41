/** Metrics, health and the status page: a server in a thread of its own, so that no look at it holds the service up. */
export { statusServer } from './thread.ts';
