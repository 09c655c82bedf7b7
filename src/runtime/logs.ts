import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';

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
