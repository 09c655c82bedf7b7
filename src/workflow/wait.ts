import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Errors, IntegrationPattern, TaskInput, TaskStateBase, Timeout, Wait, WaitTime } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { WAIT_STATE } from '../protocol';
import { WAIT_PAYLOAD } from './payloads';

/**
 * The wait of a run that only polls.
 */
export function waitToPoll(scope: Construct, next: TaskStateBase): Wait {
  return wait(scope, WAIT_STATE, 'Soon after the start a few seconds, later up to the poll interval', next);
}

/**
 * A wait that an event may end: a task with a callback, whose token the CloseRun handler reads in the history of the execution.
 *
 * Step Functions hands out a token with a call only. The call is one of the handler that polls, which has nothing to do then: the workflow may
 * make it anyhow, it works where polling works, and it shows the token to nobody else, as an event or a message would. Whatever is wrong with
 * it, the run waits as if there were no events.
 */
export function waitForEvent(scope: Construct, poll: IFunction, next: TaskStateBase): LambdaInvoke {
  const callback = new LambdaInvoke(scope, WAIT_STATE, {
    comment: 'For an event of SSM, up to the poll interval',
    integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
    lambdaFunction: poll.latestVersion,
    payload: TaskInput.fromObject({ ...WAIT_PAYLOAD }),
    taskTimeout: Timeout.at('$.status.waitSeconds'),
    resultSelector: { isResumed: true },
    resultPath: '$.wait',
    retryOnServiceExceptions: false,
  });
  callback.addCatch(next, { errors: [Errors.TIMEOUT], resultPath: '$.wait' });
  callback.addCatch(wait(scope, 'Wait without events', 'As long, where the token could not be handed out', next), {
    errors: [Errors.ALL], resultPath: '$.wait',
  });
  callback.next(next);
  return callback;
}

function wait(scope: Construct, name: string, comment: string, next: TaskStateBase): Wait {
  const state = new Wait(scope, name, { comment, time: WaitTime.secondsPath('$.status.waitSeconds') });
  state.next(next);
  return state;
}
