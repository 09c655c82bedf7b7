import { Errors, IntegrationPattern, JsonPath, TaskStateBase, Timeout, Wait, WaitTime } from 'aws-cdk-lib/aws-stepfunctions';
import { CallAwsService } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { RunWaking } from '../handlers/run-waking';
import { WaitsTable, WOKEN_ERROR } from '../protocol';

/**
 * The wait of a run that only looks.
 */
export function waitToLook(scope: Construct, next: TaskStateBase): Wait {
  return wait(scope, 'Wait', 'Soon after the start a few seconds, later up to the poll interval', next);
}

/**
 * A wait that an event may end. The token is kept where the handler of the event finds it. An event that has come when there was no wait
 * has left a note, which does not let this one begin. The next one begins in any case, and removes the note. Where the table does not
 * answer, the run waits as if there were no events.
 */
export function waitForEvent(scope: Construct, { table }: RunWaking, next: TaskStateBase): CallAwsService {
  const callback = new CallAwsService(scope, 'Wait', {
    comment: 'For an event of SSM, up to the poll interval',
    integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
    service: 'dynamodb',
    action: 'updateItem',
    iamAction: 'dynamodb:UpdateItem',
    iamResources: [table.tableArn],
    parameters: {
      TableName: table.tableName,
      Key: { [WaitsTable.RUN]: { S: JsonPath.stringAt('$.status.wake.run') } },
      UpdateExpression: 'SET #token = :token, #expires = :expires REMOVE #woken',
      ConditionExpression: 'attribute_not_exists(#woken) OR #woken < :since',
      ExpressionAttributeNames: { '#token': WaitsTable.TOKEN, '#expires': WaitsTable.EXPIRES, '#woken': WaitsTable.WOKEN_AT },
      ExpressionAttributeValues: {
        ':token': { S: JsonPath.taskToken },
        ':expires': { N: JsonPath.stringAt('$.status.wake.expires') },
        ':since': { S: JsonPath.stringAt('$.status.wake.since') },
      },
    },
    taskTimeout: Timeout.at('$.status.waitSeconds'),
    resultSelector: { isWoken: true },
    resultPath: '$.wait',
  });
  // The documentation spells the service in both ways.
  callback.addCatch(next, { errors: [Errors.TIMEOUT, `DynamoDb${WOKEN_ERROR}`, `DynamoDB${WOKEN_ERROR}`], resultPath: '$.wait' });
  callback.addCatch(wait(scope, 'Wait without events', 'As long, where the table does not answer', next), {
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
