import { ApiResource, JsonObject, JsonService } from '../../aws/api-service';
import { AwsError } from '../../aws/aws-error';
import { Shape, validate } from '../../aws/validation';
import { executionOf, TaskTokens } from './task-tokens';

const taskToken: Shape = { type: 'string', required: true, min: 1, max: 2048 };

const SHAPES = {
  SendTaskSuccess: {
    type: 'structure',
    members: { taskToken, output: { type: 'string', required: true, max: 262_144 } },
  },
  SendTaskFailure: {
    type: 'structure',
    members: { taskToken, error: { type: 'string', max: 256 }, cause: { type: 'string', max: 32_768 } },
  },
  SendTaskHeartbeat: { type: 'structure', members: { taskToken } },
} satisfies { [operation: string]: Shape };

/** The operations of Step Functions that end a task from outside, or say that it goes on. */
export function callbackOperations(tokens: TaskTokens): JsonService['operations'] {
  return {
    SendTaskSuccess: (input) => {
      validate(input, SHAPES.SendTaskSuccess);
      const task = tokens.find(String(input.taskToken));
      task.complete({ output: outputOf(String(input.output)) });
    },
    SendTaskFailure: (input) => {
      validate(input, SHAPES.SendTaskFailure);
      const { error = '', cause = '' } = input as { error?: string; cause?: string };
      tokens.find(String(input.taskToken)).complete({ error, cause });
    },
    SendTaskHeartbeat: (input) => {
      validate(input, SHAPES.SendTaskHeartbeat);
      tokens.find(String(input.taskToken)).requireOpen();
    },
  };
}

/**
 * What IAM decides about: the state machine whose task it is, although the documentation of IAM has no resource type for these
 * calls. A text that is no token belongs to none.
 *
 * @see https://github.com/aws/aws-cdk/pull/8486
 */
export function callbackResources({ taskToken: token }: JsonObject): ApiResource[] {
  const execution = executionOf(String(token ?? ''));
  return execution === undefined ? [] : [{ arn: stateMachineOf(execution), tags: {} }];
}

function stateMachineOf(executionArn: string): string {
  return executionArn.replace(':execution:', ':stateMachine:').replace(/:[^:]+$/, '');
}

function outputOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('InvalidOutput', `Invalid Output: '${text.slice(0, 200)}' is no JSON`);
  }
}
