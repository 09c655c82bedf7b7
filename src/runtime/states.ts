import { GetExecutionHistoryCommand, HistoryEvent, SFNClient } from '@aws-sdk/client-sfn';

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
}
