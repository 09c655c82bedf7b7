/** Names of the state machine's states and errors, and how often and how long its states try. */

/** Errors of the state machine: `CotsBatchJob.Failed`, `CotsBatchJob.TimedOut`, … */
export const ERROR_PREFIX = 'CotsBatchJob.';

/** Thrown by SendCommand where SSM is known to have started nothing, so that the state machine may send again. */
export const NOT_SENT_ERROR = `${ERROR_PREFIX}NotSent`;

/** Thrown by FindCommand while commands of the run may still be missing from SSM's listing, which is eventually consistent. */
export const NOT_FOUND_YET_ERROR = `${ERROR_PREFIX}NotFoundYet`;

/**
 * How often the state machine sends again after `NOT_SENT_ERROR`. At the last time SendCommand reports that nothing was started,
 * instead of throwing.
 */
export const SEND_ATTEMPTS = 6;

/** How long the state machine waits at most before it sends again, in seconds. */
export const SEND_MAX_DELAY_SECONDS = 60;

/** How long the SendCommand handler may take. */
export const SEND_TIMEOUT_SECONDS = 120;

/** How often the state machine looks for the commands of a run whose start was not confirmed. */
export const FIND_ATTEMPTS = 6;

/** How long after delivery and execution timeout a run is given up. */
export const GRACE_SECONDS = 300;

/** The state that an execution begins with. What comes out of it is the deployment's word; what goes in is that of whoever starts a run. */
export const FIRST_STATE = 'Job settings';

/** The state that sends commands: while it is under way, a command may still be on its way. */
export const SEND_STATE = 'Send command';

/** The state in which a run waits for its next poll. */
export const WAIT_STATE = 'Wait';

/** The state that polls. */
export const POLL_STATE = 'Get status';

/** The state that makes a status where a handler could not. */
export const FAULT_STATE = 'Describe fault';

/** The state that reports how a run has ended. Another one may report before that it is late. */
export const NOTIFY_STATE = 'Notify';

/** The state that reports a success after a failure. */
export const NOTIFY_RECOVERY_STATE = 'Notify of recovery';
