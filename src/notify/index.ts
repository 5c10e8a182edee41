/** Tells commands and webhooks of what happened: at least once, after the commit, beside the pipeline. */
export { Notifications } from './notifications.ts';
export { readBearerToken } from './send.ts';
