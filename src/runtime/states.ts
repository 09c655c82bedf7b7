import { GetExecutionHistoryCommand, HistoryEvent, SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';

/** What Step Functions says of a token whose wait has ended by itself, or whose execution has. */
const ENDED_ERRORS = ['InvalidToken', 'TaskDoesNotExist', 'TaskTimedOut'];

/** All calls to Step Functions. Errors are those of the SDK. */
export class States {
  private readonly client = new SFNClient({
    maxAttempts: 6,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  });

  /** One page of events, the oldest first unless the newest are asked for first. */
  public async history(executionArn: string, maxResults: number, newestFirst: boolean): Promise<HistoryEvent[]> {
    const { events } = await this.client.send(new GetExecutionHistoryCommand({
      executionArn,
      maxResults,
      reverseOrder: newestFirst,
    }));
    return events ?? [];
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
