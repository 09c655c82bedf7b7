import { randomUUID } from 'node:crypto';
import { ScheduleTarget, schedulesOf, Schedule } from './schedules';
import { CloudAssembly } from '../../app/cloud-assembly';
import { AccessControl } from '../../aws/access';
import { ApiRequest } from '../../aws/api-service';
import { Dispatch } from '../../aws/dispatch';
import { RunRecord } from '../../run/run-record';
import { RunningExecution } from '../states/engine';
import { Executions } from '../states/executions';

export interface SchedulerOptions {
  readonly assembly: CloudAssembly;
  readonly access: AccessControl;
  readonly dispatch: Dispatch;
  readonly executions: Executions;
  readonly warn: (message: string) => void;
}

/** EventBridge Scheduler, as far as its schedules start executions and invoke functions of the app. */
export class Scheduler {
  constructor(private readonly options: SchedulerOptions) {}

  /** Those that can fire here, in the order of the app. */
  public schedules(): Schedule[] {
    return schedulesOf(this.options.assembly, this.options.warn).filter(({ path, target }) => {
      const isKnown = isStateMachine(target) || isFunction(target);
      if (!isKnown) {
        this.options.warn(`the schedule ${path} does not fire: the local run knows no target ${target.arn}`);
      }
      return isKnown;
    });
  }

  /**
   * Calls the target of a schedule, with the rights of the schedule's role. There is no second attempt.
   *
   * @param record Notes what comes of it
   * @returns the execution that it starts; undefined for a function, which has ended by then
   * @throws AwsError why it does not start
   */
  public async fire({ arn, target }: Schedule, time: Date, record: RunRecord): Promise<RunningExecution | undefined> {
    const { access, dispatch, executions } = this.options;
    const executionId = randomUUID();
    const input = filledIn(target.input, {
      'schedule-arn': arn,
      'scheduled-time': time.toISOString().replace(/\.\d+Z$/, 'Z'),
      'execution-id': executionId,
      'attempt-number': '1',
    });
    const accessKeyId = access.accessKeyFor({ roleArn: target.roleArn, session: executionId, execution: '', record });
    const call = async (prefix: string, operation: string, request: ApiRequest['input']): Promise<unknown> => {
      const service = dispatch.services.find(({ iamPrefix }) => iamPrefix === prefix)!;
      return dispatch.call({ service, operation, input: request }, accessKeyId);
    };
    if (isFunction(target)) {
      await call('lambda', 'Invoke', { FunctionName: target.arn, Payload: JSON.parse(input) as unknown });
      return undefined;
    }
    const { executionArn } = await call('states', 'StartExecution', { stateMachineArn: target.arn, input }) as { executionArn: string };
    return executions.find(executionArn).execution;
  }
}

export function isStateMachine({ arn }: ScheduleTarget): boolean {
  return /^arn:[^:]+:states:[^:]*:[^:]*:stateMachine:/.test(arn);
}

function isFunction({ arn }: ScheduleTarget): boolean {
  return /^arn:[^:]+:lambda:[^:]*:[^:]*:function:/.test(arn);
}

/** @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
function filledIn(input: string, attributes: { readonly [name: string]: string }): string {
  return input.replace(/<aws\.scheduler\.([a-z-]+)>/g, (literal, name: string) => Object.hasOwn(attributes, name) ? attributes[name] : literal);
}
