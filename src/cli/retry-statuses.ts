/** The states that the chart lets a person retry; a test compares them with it, which is slow to load. */
export const retryStatuses = ['failed', 'retry_pending', 'integrity_failed', 'timed_out', 'not_selected'] as const;

/** What is retried unless something else is asked for: also what would be tried again by itself, later. */
export const retriedUsually = ['failed', 'retry_pending'] as const;
