import { StateDefinition } from './definition';
import { messageOf } from '../../app/errors';
import { HistoryDetails } from './history';

/** The events of one attempt of a Task. */
export class Attempt {
  private readonly prefix: string;
  private readonly resource: string;
  private over = false;

  /** @param add Adds an event to the history */
  constructor(
    { Resource = '' }: StateDefinition,
    private readonly retryCount: number,
    private readonly add: (type: string, details: HistoryDetails) => void,
  ) {
    this.resource = Resource;
    this.prefix = this.resource.includes(':lambda:') && !this.resource.includes(':states:') ? 'LambdaFunction' : 'Task';
  }

  /** @param timeoutSeconds Undefined if it may take as long as it likes */
  public started(input: unknown, timeoutSeconds: number | undefined): void {
    this.note('Scheduled', { input, retryCount: this.retryCount, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) });
    this.note('Started', {});
  }

  public submitted(output: unknown): void {
    this.note('Submitted', { output });
  }

  public succeeded(output: unknown): void {
    this.note('Succeeded', { output });
    this.over = true;
  }

  public failed(error: unknown): void {
    this.note('Failed', { error: error instanceof Error ? error.name : 'Error', cause: messageOf(error) });
    this.over = true;
  }

  public timedOut(): void {
    this.note('TimedOut', { error: 'States.Timeout' });
    this.over = true;
  }

  private note(event: string, details: HistoryDetails): void {
    if (!this.over) {
      this.add(`${this.prefix}${event}`, { resource: this.resource, ...details });
    }
  }
}
