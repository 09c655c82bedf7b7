import { AccessControl, Caller } from '../../aws/access';
import { AwsError, ConnectionLostError } from '../../aws/aws-error';
import { ScaledClock } from '../../aws/clock';
import { TaskError } from '../../app/errors';
import { PublishParameters } from './sns-message';
import { Topics } from './topics';

/** State machines that publish to topics. */
export class TopicTasks {
  constructor(
    private readonly access: AccessControl,
    private readonly clock: ScaledClock,
    private readonly topics: Topics,
  ) {}

  /** @throws TaskError as Step Functions sees failures of SNS */
  public async publish(parameters: PublishParameters, caller: Caller): Promise<object> {
    return this.clock.busy(this.authorizeAndPublish(parameters, caller));
  }

  private async authorizeAndPublish(parameters: PublishParameters, caller: Caller): Promise<object> {
    const denial = await this.access.check(caller, 'sns:Publish', [{ arn: String(parameters.TopicArn ?? '') }]);
    if (denial !== undefined) {
      throw taskError(new AwsError('AuthorizationError', denial, 403));
    }
    try {
      return this.topics.publish(parameters, caller);
    } catch (error) {
      if (error instanceof AwsError) {
        throw taskError(error);
      }
      if (!(error instanceof ConnectionLostError)) {
        throw error;
      }
      throw new TaskError('SNS.SdkClientException', 'Unable to execute HTTP request: Read timed out');
    }
  }
}

function taskError({ code, message, httpStatus }: AwsError): TaskError {
  return new TaskError(
    `SNS.${code}Exception`,
    `${message} (Service: AmazonSNS; Status Code: ${httpStatus}; Error Code: ${code})`,
  );
}
