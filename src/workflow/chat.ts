import { Condition, JsonPath, Pass } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ERROR_PREFIX, Outcome } from '../protocol';
import { ChatNotification } from '../protocol/chat';

const PATH = '$.status.notification.chat';

/** What chat clients get: they subscribe over HTTPS. */
export const CHAT_MESSAGE = JsonPath.jsonToString(JsonPath.objectAt(PATH));

/** Where no handler has made one. Words of services are left out: no intrinsic function could take the markup out of them. */
function madeHere(title: string, description: string, summary: string, eventType: string): ChatNotification {
  return {
    version: '1.0',
    source: 'custom',
    id: JsonPath.executionName,
    content: { textType: 'client-markdown', title, description },
    metadata: { threadId: JsonPath.stateMachineId, summary, eventType },
  };
}

/** Of a fault of the workflow. */
export const FAULT_CHAT: ChatNotification = madeHere(
  JsonPath.format('{}: the workflow failed', JsonPath.stringAt('$.job.notificationSubject')),
  JsonPath.format(
    'The workflow could not go on. Whether the batch program was started, and whether it still runs, is unknown. The mail has the error. ' +
    'Look on the instances whether the program runs, before you start it again. Execution: {}', JsonPath.executionId),
  'the workflow failed',
  `${ERROR_PREFIX}${Outcome.FAILED}`,
);

/** Whether a status has nothing for chat clients: a handler of an earlier release has made it. */
export const HAS_NO_CHAT = Condition.not(Condition.isPresent(PATH));

/** Makes up for what is missing in a status of an earlier release, or of a handler that leaves it to the workflow. */
export function describeForChat(scope: Construct, id: string, comment: string = 'A handler of an earlier release does not know of chat clients'): Pass {
  const eventType = JsonPath.format(`${ERROR_PREFIX}{}`, JsonPath.stringAt('$.status.outcome'));
  const subject = JsonPath.stringAt('$.status.notification.subject');
  return new Pass(scope, id, {
    comment,
    parameters: { ...madeHere(subject, JsonPath.format('The mail has more. Execution: {}', JsonPath.executionId), subject, eventType) },
    resultPath: PATH,
  });
}
