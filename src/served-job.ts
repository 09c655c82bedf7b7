import { RunNotifications } from './run-notifications';
import { RunOutput } from './run-output';
import { RunTargets } from './run-targets';
import { DocumentSettings, OverlapPolicy } from './runtime/protocol';

/** What handlers have to know of a job, to have the rights that it takes. */
export interface ServedJob {
  /** As in mails and results. */
  readonly name: string;
  readonly document: DocumentSettings;
  readonly targets: RunTargets;
  readonly output: RunOutput;
  readonly notifications: RunNotifications;
  readonly overlapPolicy: OverlapPolicy;
}
