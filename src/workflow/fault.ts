import { JsonPath, Pass } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { FAULT_CHAT } from './chat';
import { ERROR_PREFIX, Outcome, RunResult, Status } from '../protocol';

// The same for all jobs, and made once: CDK takes longer for a token than for a state.

const cause = JsonPath.format(
  'The workflow could not go on: {}. Whether the batch program was started, and whether it still runs, is unknown.',
  JsonPath.stringAt('$.fault.Error'),
);
const instances = JsonPath.numberAt('States.ArrayLength($.job.instanceIds)');
const run = {
  id: JsonPath.executionName,
  startedAt: JsonPath.executionStartTime,
};
const ofExecutionArn = (part: number) => `States.ArrayGetItem(States.StringSplit($$.Execution.Id, ':'), ${part})`;
/** The result where no handler has made one. */
export const FAULT_RESULT: RunResult = {
  outcome: Outcome.FAILED,
  // Also of a check: a path that the input need not have would end the execution without a notification.
  check: false,
  rerunOf: '',
  warnings: [],
  job: JsonPath.stringAt('$.job.name'),
  description: JsonPath.stringAt('$.job.description'),
  owner: JsonPath.stringAt('$.job.owner'),
  account: JsonPath.stringAt(ofExecutionArn(4)),
  region: JsonPath.stringAt(ofExecutionArn(3)),
  execution: JsonPath.executionId,
  runId: run.id,
  commandIds: [],
  startedAt: run.startedAt,
  endedAt: JsonPath.stateEnteredTime,
  durationSeconds: 0,
  nextScheduledTime: '',
  attempts: 0,
  exitCode: -1,
  cause,
  instances: {
    total: instances,
    succeeded: 0,
    failed: 0,
    timedOut: 0,
    undelivered: 0,
    cancelled: 0,
    unresponsive: 0,
    skipped: 0,
    running: instances,
  },
  failures: [],
  recoveredFrom: '',
  links: { execution: '', command: '', logs: '', runbook: JsonPath.stringAt('$.job.runbookUrl') },
};

const FAULT_STATUS: Status = {
  outcome: Outcome.FAILED,
  waitSeconds: 1,
  giveUpAt: JsonPath.stateEnteredTime,
  isLate: false,
  isDuplicate: false,
  isRecovery: false,
  isWarning: false,
  run: { ...run, sentAt: run.startedAt, attempt: 1, pollIntervalSeconds: JsonPath.numberAt('$.job.pollIntervalSeconds'), commands: [] },
  error: `${ERROR_PREFIX}${Outcome.FAILED}`,
  cause,
  result: FAULT_RESULT,
  notification: {
    subject: JsonPath.format('{}: the workflow failed', JsonPath.stringAt('$.job.notificationSubject')),
    // One paragraph: whether an intrinsic function takes a line break is not documented.
    text: JsonPath.format(
      'The workflow of {} failed; whether the batch program was started, and whether it still runs, is unknown. The error: {} ' +
      'What to try first: look on the instances whether the program runs, before you start it again; ' +
      'then look into the execution and the log group of the handlers. To start it again, start an execution with the input of this ' +
      'one, without scheduledTime and triggerEventId ("Redrive" in the console starts nothing). Execution: {}',
      JsonPath.stringAt('$.job.name'),
      JsonPath.jsonToString(JsonPath.objectAt('$.fault')),
      JsonPath.executionId,
    ),
  },
};

const FAULT_STATUS_WITH_CHAT = { ...FAULT_STATUS, notification: { ...FAULT_STATUS.notification, chat: FAULT_CHAT } };

/**
 * A state that makes a status of an error in the workflow itself, for when no handler is there to do it: a handler that crashes,
 * has no right to make its calls, or cannot be invoked.
 *
 * Only the mail has the whole error, which may have 32 KB. It is taken whole there: not every error has a `Cause`, and a missing path
 * would end the execution without a notification.
 */
export function describeFault(scope: Construct, id: string, chatNotifications = false): Pass {
  return new Pass(scope, id, {
    comment: 'A handler failed: makes a status of its error, so that it is reported like any other',
    parameters: chatNotifications ? FAULT_STATUS_WITH_CHAT : { ...FAULT_STATUS },
    resultPath: '$.status',
  });
}
