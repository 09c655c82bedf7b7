import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { WAITS_KEPT_SECONDS, WaitsTable } from '../../protocol';

/** All calls to the table of waits. Errors are those of the SDK. */
export class Waits {
  private readonly client = new DynamoDBClient({
    maxAttempts: 6,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  });

  /**
   * Notes that a run was woken up.
   *
   * @returns the token of its latest wait; undefined if it has not waited yet
   */
  public async note(run: string, wokenAt: string): Promise<string | undefined> {
    const expires = Math.floor(Date.parse(wokenAt) / 1000) + WAITS_KEPT_SECONDS;
    const { Attributes: item } = await this.client.send(new UpdateItemCommand({
      TableName: process.env[WaitsTable.VARIABLE],
      Key: { [WaitsTable.RUN]: { S: run } },
      // An item without a wait to come is rare, and small; but it should go, too.
      UpdateExpression: 'SET #woken = :woken, #expires = if_not_exists(#expires, :expires)',
      ExpressionAttributeNames: { '#woken': WaitsTable.WOKEN_AT, '#expires': WaitsTable.EXPIRES },
      ExpressionAttributeValues: { ':woken': { S: wokenAt }, ':expires': { N: `${expires}` } },
      ReturnValues: 'ALL_NEW',
    }));
    return item?.[WaitsTable.TOKEN]?.S;
  }

  /** Takes a note back, unless a later one has replaced it. */
  public async forget(run: string, wokenAt: string): Promise<void> {
    try {
      await this.client.send(new UpdateItemCommand({
        TableName: process.env[WaitsTable.VARIABLE],
        Key: { [WaitsTable.RUN]: { S: run } },
        UpdateExpression: 'REMOVE #woken',
        ConditionExpression: '#woken = :woken',
        ExpressionAttributeNames: { '#woken': WaitsTable.WOKEN_AT },
        ExpressionAttributeValues: { ':woken': { S: wokenAt } },
      }));
    } catch (error) {
      if ((error as Error).name !== 'ConditionalCheckFailedException') {
        throw error;
      }
    }
  }
}
