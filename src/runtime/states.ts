import { GetExecutionHistoryCommand, HistoryEvent, SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { allPages } from './paging';

/** What Step Functions says of a token whose wait has ended by itself, or whose execution has. */
const ENDED_ERRORS = ['InvalidToken', 'TaskDoesNotExist', 'TaskTimedOut'];

/** All calls to Step Functions. Errors are those of the SDK. */
export class States {
  private readonly client = new SFNClient({
    maxAttempts: 6,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  });

  /**
   * That many events, or all there are: the oldest first, unless the newest are asked for first.
   *
   * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html a page may have fewer than were asked for
   */
  public async history(executionArn: string, count: number, newestFirst: boolean): Promise<HistoryEvent[]> {
    return allPages('GetExecutionHistory', async (nextToken, maxResults) => {
      const page = await this.client.send(new GetExecutionHistoryCommand({ executionArn, maxResults, reverseOrder: newestFirst, nextToken }));
      return { items: page.events, nextToken: page.nextToken };
    }, count);
  }

  /** Ends a wait. @returns false if it has ended by itself, and the token is worth nothing */
  public async endWait(taskToken: string): Promise<boolean> {
    try {
      await this.client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }));
      return true;
    } catch (error) {
      if (ENDED_ERRORS.includes((error as Error).name)) {
        return false;
      }
      throw error;
    }
  }
}
