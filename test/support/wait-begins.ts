import { RunEvent } from '../../src/local/run/run-record';

/** Whether a run begins to wait, without events, or with its token kept, so that an event may end the wait. */
export function waitBegins(event: RunEvent): boolean {
  return event.kind === 'history' && ['TaskSubmitted', 'WaitStateEntered'].includes(event.event.type);
}
