import { RunEvent } from '../../src/local/run/run-record';
import { SEND_STATE } from '../../src/protocol';

/** How far the executions of a trial are, by what their histories say. */
export class Progress {
  private readonly executions = { sending: new Set<string>(), waiting: new Set<string>(), ended: new Set<string>() };

  public add(event: RunEvent): void {
    if (event.kind !== 'history') {
      return;
    }
    const { execution, event: { type, state } } = event;
    if (type === 'LambdaFunctionScheduled' && state === SEND_STATE) {
      this.executions.sending.add(execution);
    }
    // A look follows a wait, also one whose table has not answered.
    if ((type === 'TaskSubmitted' && state === 'Wait') || (type === 'LambdaFunctionScheduled' && state === 'Get status')) {
      this.executions.waiting.add(execution);
    }
    if (ENDS.includes(type)) {
      this.executions.ended.add(execution);
    }
  }

  /** How many executions have begun to send their command. */
  public get sending(): number {
    return this.executions.sending.size;
  }

  /** How many executions have begun to wait for the end of their program. */
  public get waiting(): number {
    return this.executions.waiting.size;
  }

  /** How many executions have ended. */
  public get ended(): number {
    return this.executions.ended.size;
  }
}

const ENDS = ['ExecutionSucceeded', 'ExecutionFailed', 'ExecutionTimedOut', 'ExecutionAborted'];
