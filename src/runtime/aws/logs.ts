import { CloudWatchLogsClient, CreateLogStreamCommand, DescribeLogStreamsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';

/** The agent writes many lines into one event, up to about 200 KB: this many are plenty for a tail. */
const MAX_EVENTS = 50;

/** A page of GetLogEvents may be empty although there are events. */
const MAX_PAGES = 4;

/** All calls to CloudWatch Logs. Errors are those of the SDK. */
export class Logs {
  private readonly client = new CloudWatchLogsClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });

  /** Makes an empty stream. @returns false if there is one of that name: of many who make it at once, one does */
  public async create(logGroupName: string, logStreamName: string): Promise<boolean> {
    try {
      await this.client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
      return true;
    } catch (error) {
      if ((error as Error).name === 'ResourceAlreadyExistsException') {
        return false;
      }
      throw error;
    }
  }

  /** Whether there is a stream of that name. */
  public async has(logGroupName: string, logStreamName: string): Promise<boolean> {
    const { logStreams } = await this.client.send(new DescribeLogStreamsCommand({ logGroupName, logStreamNamePrefix: logStreamName, limit: 1 }));
    return logStreams?.some((stream) => stream.logStreamName === logStreamName) ?? false;
  }

  /** The streams whose names begin so, at most 50, the first to be made first. */
  public async streams(logGroupName: string, logStreamNamePrefix: string): Promise<string[]> {
    const { logStreams = [] } = await this.client.send(new DescribeLogStreamsCommand({ logGroupName, logStreamNamePrefix }));
    return logStreams
      .map(({ logStreamName = '', creationTime = 0 }) => ({ logStreamName, creationTime }))
      .sort((a, b) => a.creationTime - b.creationTime || (a.logStreamName < b.logStreamName ? -1 : 1))
      .map(({ logStreamName }) => logStreamName);
  }

  /** The last events of a stream as one text; empty where it has none. */
  public async end(logGroupName: string, logStreamName: string): Promise<string> {
    let nextToken: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const { events = [], nextBackwardToken } = await this.client.send(new GetLogEventsCommand({
        logGroupName,
        logStreamName,
        limit: MAX_EVENTS,
        startFromHead: false,
        nextToken,
      }));
      if (events.length > 0) {
        return events.map(({ message = '' }) => message.replace(/\n?$/, '\n')).join('');
      }
      if (!nextBackwardToken || nextBackwardToken === nextToken) {
        break;
      }
      nextToken = nextBackwardToken;
    }
    return '';
  }
}
