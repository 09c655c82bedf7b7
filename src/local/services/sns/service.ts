import { PublishParameters } from './message';
import { Topics } from './topics';
import { AccessControl } from '../../aws/access';
import { ApiResource, CallContext, JsonObject, QueryService } from '../../aws/api-service';

/** SNS, as far as handlers publish with it, and see who subscribes. */
export class SnsService implements QueryService {
  public readonly iamPrefix = 'sns';
  public readonly version = '2010-03-31';
  public readonly xmlNamespace = 'http://sns.amazonaws.com/doc/2010-03-31/';
  public readonly errors: QueryService['errors'] = {
    AccessDeniedException: { code: 'AuthorizationError', httpStatus: 403 },
    ThrottlingException: { code: 'Throttled', httpStatus: 429 },
    InternalServerError: { code: 'InternalError', httpStatus: 500 },
    ResourceNotFoundException: { code: 'NotFound', httpStatus: 404, message: 'Topic does not exist' },
  };
  public readonly operations: QueryService['operations'] = {
    Publish: (input, context) => this.publish(input, context),
    ListSubscriptionsByTopic: (input) => this.topics.list(String(input.TopicArn)),
  };

  constructor(private readonly topics: Topics, private readonly access: AccessControl) {}

  public resources(_operation: string, { TopicArn = '*' }: JsonObject): ApiResource[] {
    return [{ arn: String(TopicArn) }];
  }

  public targets({ TopicArn }: JsonObject): string[] {
    return [String(TopicArn)];
  }

  private publish(input: JsonObject, { accessKeyId }: CallContext): object {
    return this.topics.publish(input as PublishParameters, this.access.callerOf(accessKeyId));
  }
}
