import { IKey } from 'aws-cdk-lib/aws-kms';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { MachineNames } from './machine-names';
import { RunClosing } from './run-closing';
import { RunFunctions } from './run-functions';
import { RunWaking } from './run-waking';
import { ServedJob } from './served-job';

export interface JobHandlersProps {
  /** Whom they are for: `batch job Nightly`. */
  readonly subject: string;
  readonly encryptionKey?: IKey;
  /** The names of the state machines that share them; none where they are for one, which is known later. */
  readonly names?: MachineNames;
}

/**
 * All that runs in Lambda for one job, or for several.
 */
export class JobHandlers {
  public readonly functions: RunFunctions;
  public readonly closing: RunClosing;
  private waking?: RunWaking;

  constructor(private readonly scope: Construct, private readonly props: JobHandlersProps) {
    this.functions = new RunFunctions(scope, 'Functions', props);
    this.closing = new RunClosing(scope, 'Closing', { subject: props.subject, logGroup: this.functions.logGroup });
    if (props.names) {
      this.closing.watchAll(props.names);
    }
  }

  /** Gives the handlers the rights that a job takes. */
  public serve(job: ServedJob): void {
    this.functions.serve(job);
    this.closing.serve(job);
    if (!this.props.names) {
      this.closing.reportFor(job);
    }
  }

  /** What ends waits by events, for those who ask for it. */
  public wakeUp({ document }: ServedJob): RunWaking {
    const { names, subject } = this.props;
    if (!this.waking) {
      // Of several jobs, it hears of all commands: an event pattern has no room for the documents of a hundred.
      this.waking = new RunWaking(this.scope, 'Waking', {
        subject, document: names ? undefined : document, logGroup: this.functions.logGroup,
      });
      if (names) {
        this.waking.connectAll(names);
      }
    }
    return this.waking;
  }

  /** Looks after the runs of a state machine. */
  public lookAfter(stateMachine: StateMachine): void {
    if (this.props.names) {
      this.closing.outlive(stateMachine);
    } else {
      this.closing.watch(stateMachine);
      this.waking?.connect(stateMachine);
    }
  }
}
