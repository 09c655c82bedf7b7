import { RunNotifications } from '../notifications';
import { RunOutput } from '../output';
import { DocumentSettings, OverlapPolicy } from '../protocol';
import { RunTargets } from '../targets';

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
