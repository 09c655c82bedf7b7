/**
 * A custom notification, the only kind of message about jobs that AWS's chat clients show (Amazon Q Developer in chat applications, once AWS
 * Chatbot). They drop other JSON without a word.
 *
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export interface ChatNotification {
  readonly version: '1.0';
  readonly source: 'custom';
  readonly id: string;
  readonly content: {
    readonly textType: 'client-markdown';
    readonly title: string;
    readonly description: string;
    /** What to try first. */
    readonly nextSteps?: string[];
    readonly keywords?: string[];
  };
  readonly metadata: {
    /** The state machine of the job: all that a job reports is one thread. */
    readonly threadId: string;
    /** What the thread shows of it. */
    readonly summary: string;
    /** As the error of the state machine: `CotsBatchJob.<Outcome>`. */
    readonly eventType: string;
    readonly relatedResources?: string[];
    /** For custom actions. */
    readonly additionalContext?: { readonly [name: string]: string };
  };
}
