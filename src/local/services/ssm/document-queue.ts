import { Invocation } from './invocation';

/** How many documents an agent runs at once. */
const MAX_AT_ONCE = 5;

interface Waiting {
  readonly invocation: Invocation;
  readonly begin: () => void;
}

/**
 * The documents that an instance was sent: five run at once, the others wait for their turn. SSM shows all of them as InProgress, and no
 * time-out ends the wait. One that is cancelled while it waits loses its turn, is not reported, and runs at the next start of the agent.
 */
export class DocumentQueue {
  private running = 0;
  private waiting: Waiting[] = [];
  private cancelled: Waiting[] = [];

  /** Resolves when it is the document's turn. */
  public enter(invocation: Invocation): Promise<void> {
    return new Promise((begin) => {
      this.waiting.push({ invocation, begin });
      this.next();
    });
  }

  /** A document that had its turn has ended. */
  public leave(): void {
    this.running--;
    this.next();
  }

  /** Does nothing where the document does not wait. */
  public cancel(invocation: Invocation): void {
    this.cancelled.push(...this.waiting.filter((other) => other.invocation === invocation));
    this.waiting = this.waiting.filter((other) => other.invocation !== invocation);
  }

  /** What an agent that starts finds in its folders: what waits, and what was cancelled there. */
  public restart(): void {
    this.waiting.push(...this.cancelled.splice(0));
    this.next();
  }

  /** Nothing that waits will begin. */
  public clear(): void {
    this.waiting = [];
    this.cancelled = [];
  }

  private next(): void {
    while (this.running < MAX_AT_ONCE && this.waiting.length > 0) {
      this.running++;
      this.waiting.shift()!.begin();
    }
  }
}
