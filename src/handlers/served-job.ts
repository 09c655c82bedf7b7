import { IRole } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { RunNotifications } from '../notifications';
import { RunOutput } from '../output';
import { JobSettings } from '../protocol';
import { RunTargets } from '../targets';

/** Of state machines that share handlers. */
export interface MachinePrefix {
  readonly stateMachineArn: string;
  readonly executionArn: string;
  /** The role of all of them. */
  readonly workflowRole: IRole;
  /** Of the rules that see their commands end. */
  readonly ruleArn: string;
  readonly ruleName: (job: Construct) => string;
}

/** What handlers have to know of a job, to have the rights that it takes. */
export interface ServedJob {
  readonly settings: JobSettings;
  readonly targets: RunTargets;
  readonly output: RunOutput;
  readonly notifications: RunNotifications;
  readonly stateMachine: StateMachine;
  /** Of its state machine, after what is the same in the names of all that share the handlers; none where nobody shares them. */
  readonly nameInSet?: string;
  /** Of the state machine. */
  readonly encryptionKey?: IKey;
}
