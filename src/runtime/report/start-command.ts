import { visibleJson } from '../../protocol/text';

/**
 * The line for a shell that starts an execution: in JSON every quote and every character that is not visible can be written as an escape.
 *
 * @param input JSON; none where it is in a file
 */
export function startCommand(stateMachineArn: string, input: string | undefined): string {
  const [, , , region] = stateMachineArn.split(':');
  const given = input === undefined ? 'file://input.json' : visibleJson(input).replace(/'/g, '\\u0027');
  return `aws stepfunctions start-execution --state-machine-arn ${stateMachineArn} --input '${given}' --region ${region}`;
}
