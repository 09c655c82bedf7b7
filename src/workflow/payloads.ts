import { JsonPath } from 'aws-cdk-lib/aws-stepfunctions';
import { WaitRequest } from '../protocol';

// What states hand over, by paths into what they got. It is the same for all jobs, and made once: CDK takes longer for a token than for a state.

const job = JsonPath.objectAt('$.job');
const executionId = JsonPath.executionId;
const now = JsonPath.stateEnteredTime;

const start = {
  job,
  executionId,
  executionName: JsonPath.executionName,
  input: JsonPath.objectAt('$$.Execution.Input'),
  now,
  retryCount: JsonPath.numberAt('$$.State.RetryCount'),
  status: JsonPath.objectAt('$.status'),
};

/** For the handler that starts runs. */
export const SEND_PAYLOAD = { action: 'send', ...start };
export const FIND_PAYLOAD = { action: 'find', ...start };

/** For the handler that polls. */
export const POLL_PAYLOAD = { job, run: JsonPath.objectAt('$.status.run'), executionId, now };

/** For the handler that polls, where an event may have ended the wait. */
export const RESUMED_POLL_PAYLOAD = { ...POLL_PAYLOAD, wait: JsonPath.objectAt('$.wait') };

/** For a callback. */
export const WAIT_PAYLOAD: WaitRequest = { taskToken: JsonPath.taskToken };

/** What a topic gets: a mail for people, the result as JSON for programs. */
export const NOTIFICATION = {
  subject: JsonPath.stringAt('$.status.notification.subject'),
  message: {
    default: JsonPath.jsonToString(JsonPath.objectAt('$.status.result')),
    email: JsonPath.stringAt('$.status.notification.text'),
    sms: JsonPath.stringAt('$.status.notification.subject'),
  },
  messageAttributes: {
    job: { value: JsonPath.stringAt('$.job.name') },
    outcome: { value: JsonPath.stringAt('$.status.outcome') },
  },
};

/** Of a success after a failure: a filter policy may ask whether it is there. */
export const RECOVERY_ATTRIBUTE = { recovery: { value: 'true' } };

export const POLL_FAILED_AT = { at: now };
