import { CloudAssembly } from '../../app/cloud-assembly';
import { ApiResource, ApiService, JsonObject } from '../../aws/api-service';
import { AwsError } from '../../aws/aws-error';
import { Shape, validate } from '../../aws/validation';

const name: Shape = { type: 'string', min: 1, max: 64 };

/** @see https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html */
const GET_SCHEDULE: Shape = { type: 'structure', members: { Name: { ...name, required: true }, GroupName: name } };

const DEFAULT_GROUP = 'default';

/** EventBridge Scheduler, as far as state machines ask for the app's schedules. It speaks REST, for which there is no door here. */
export class SchedulerService implements ApiService {
  public readonly iamPrefix = 'scheduler';
  public readonly operations: ApiService['operations'] = { GetSchedule: (input) => this.getSchedule(input) };

  constructor(private readonly assembly: CloudAssembly) {}

  public resources(_operation: string, { Name, GroupName = DEFAULT_GROUP }: JsonObject): ApiResource[] {
    const { partition, region, account } = this.assembly.stacks[0].place;
    return [{ arn: `arn:${partition}:scheduler:${region}:${account}:schedule/${String(GroupName)}/${String(Name)}`, tags: {} }];
  }

  private getSchedule(input: JsonObject): object {
    validate(input, GET_SCHEDULE);
    const { Name: wanted, GroupName: group = DEFAULT_GROUP } = input;
    const found = this.assembly.resources('AWS::Scheduler::Schedule')
      .find((schedule) => schedule.ref === wanted && (schedule.text('GroupName') ?? DEFAULT_GROUP) === group);
    if (!found) {
      throw new AwsError('ResourceNotFoundException', `Schedule ${String(wanted)} does not exist.`, 404);
    }
    return {
      Arn: found.attribute(),
      Name: wanted,
      GroupName: group,
      State: found.text('State') ?? 'ENABLED',
      ScheduleExpression: found.text('ScheduleExpression'),
      ScheduleExpressionTimezone: found.text('ScheduleExpressionTimezone') ?? 'UTC',
    };
  }
}
