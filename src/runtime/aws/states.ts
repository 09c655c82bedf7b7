import {
  DescribeExecutionCommand, DescribeExecutionOutput, DescribeStateMachineCommand, ExecutionListItem, GetExecutionHistoryCommand, HistoryEvent,
  ListExecutionsCommand, SendTaskSuccessCommand, SFNClient,
} from '@aws-sdk/client-sfn';
import { allPages } from './paging';
import { ReportSettings, reportSettings, stateMachineOf } from '../../protocol';
import { readSettings } from '../read-settings';

/** What Step Functions says of a token whose task has ended by itself, or whose execution has. */
const ENDED_ERRORS = ['InvalidToken', 'TaskDoesNotExist', 'TaskTimedOut'];

/** Of ListExecutions, at most. */
const LIST_PAGE_SIZE = 1000;
const MAX_LISTED = 10_000;

/** What the state machine of a job says. */
export interface CurrentJob {
  readonly roleArn: string;
  readonly reportSettings: ReportSettings;
}

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

  /**
   * What the job of an execution is now: a deployment may have changed it since the execution was started.
   *
   * @throws also where the definition is none of a job
   */
  public async currentJob(executionArn: string): Promise<CurrentJob> {
    const { definition = '', roleArn = '' } = await this.client.send(new DescribeStateMachineCommand({ stateMachineArn: stateMachineOf(executionArn) }));
    const { StartAt: first, States: states } = JSON.parse(definition);
    return { roleArn, reportSettings: reportSettings(readSettings(states[first].Parameters.job).job) };
  }

  /** An execution, with what it was started with. It is eventually consistent: one that has just ended may still run here. */
  public async describe(executionArn: string): Promise<DescribeExecutionOutput> {
    return this.client.send(new DescribeExecutionCommand({ executionArn }));
  }

  /** The newest executions, that many or all there are. The list is eventually consistent. */
  public async list(stateMachineArn: string, max: number): Promise<ExecutionListItem[]> {
    const items = await allPages('ListExecutions', async (nextToken, maxResults) => {
      const page = await this.client.send(new ListExecutionsCommand({ stateMachineArn, maxResults, nextToken }));
      return { items: page.executions, nextToken: page.nextToken };
    }, max);
    return items.slice(0, max);
  }

  /** ARNs of the executions that run, all pages. The list is eventually consistent. */
  public async running(stateMachineArn: string): Promise<string[]> {
    return allPages('ListExecutions', async (nextToken) => {
      const page = await this.client.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING', nextToken }));
      return { items: page.executions?.map(({ executionArn }) => executionArn!), nextToken: page.nextToken };
    });
  }

  /**
   * Executions that were started at a time or after it, the oldest first. The list is eventually consistent, and begins with the newest.
   *
   * @param since milliseconds
   * @throws where there are more than 10,000: what was listed is not the whole
   */
  public async startedSince(stateMachineArn: string, since: number): Promise<string[]> {
    let isWhole = false;
    const listed = await allPages('ListExecutions', async (nextToken) => {
      const page = await this.client.send(new ListExecutionsCommand({ stateMachineArn, maxResults: LIST_PAGE_SIZE, nextToken }));
      const executions = page.executions ?? [];
      isWhole ||= executions.some(({ startDate }) => startDate!.getTime() < since);
      return { items: executions.filter(({ startDate }) => startDate!.getTime() >= since), nextToken: isWhole ? undefined : page.nextToken };
    }, MAX_LISTED);
    if (listed.length >= MAX_LISTED && !isWhole) {
      throw new Error(`ListExecutions has more than ${MAX_LISTED} executions since ${new Date(since).toISOString()}`);
    }
    return listed.map(({ executionArn }) => executionArn!).reverse();
  }

  /** Ends a task that waits for a callback. @returns false if it does not wait any more */
  public async succeedTask(taskToken: string): Promise<boolean> {
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
