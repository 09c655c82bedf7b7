import { CloudAssembly } from '../../app/cloud-assembly';
import { Resource } from '../../app/template';
import { ApiResource, ApiService, JsonObject } from '../../aws/api-service';
import { AwsError } from '../../aws/aws-error';

/** SQS, as far as state machines ask how many messages a queue of the app has: nothing here sends one, so that it has none. */
export class SqsService implements ApiService {
  public readonly iamPrefix = 'sqs';
  public readonly operations: ApiService['operations'] = { GetQueueAttributes: (input) => this.getQueueAttributes(input) };

  constructor(private readonly assembly: CloudAssembly) {}

  public resources(_operation: string, { QueueUrl }: JsonObject): ApiResource[] {
    return [{ arn: this.find(QueueUrl)?.attribute() ?? '*', tags: {} }];
  }

  private getQueueAttributes({ QueueUrl }: JsonObject): object {
    if (!this.find(QueueUrl)) {
      throw new AwsError('QueueDoesNotExistException', 'The specified queue does not exist.', 400);
    }
    return { Attributes: { ApproximateNumberOfMessages: '0' } };
  }

  private find(url: unknown): Resource | undefined {
    return this.assembly.resources('AWS::SQS::Queue').find(({ ref }) => ref === url);
  }
}
