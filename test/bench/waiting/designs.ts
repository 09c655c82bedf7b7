import { Duration, Stack } from 'aws-cdk-lib';
import { PROGRAM } from './program';
import { BatchCommand, CompletionMode, CotsBatchJob } from '../../../src';
import { HandWiredJob, HandWiredJobProps } from '../article/hand-wired-job';
import { NoLambdaJob } from '../no-lambda-job';

export const INSTANCE_ID = 'i-0123456789abcdef0';

/** What SSM allows at most: 47 hours fit in. */
const EXECUTION_TIMEOUT = Duration.hours(48);

/** A way to wait for the end of a program. */
export interface Design {
  /** As in docs/measured.md. */
  readonly label: string;
  /** The state that looks at the program. */
  readonly look: string;
  /** Between two looks, once they are far apart. */
  readonly interval: Duration;
  /** Of the Lambda functions. */
  readonly memoryMb: number;
  /** Ours log the events of the state machine. */
  readonly isOurs: boolean;
  /** Whether only a look can see the end. */
  readonly isPolling: boolean;
  /** What an execution is started with. */
  readonly input: object;
  /** Adds the job to a stack. */
  build(stack: Stack, handWiredCode: string): void;
}

/** What all have in common that are not ours: they poll by a state `Look`, and take the program from their input. */
const PEER = {
  look: 'Look',
  isOurs: false,
  isPolling: true,
  input: { instanceId: INSTANCE_ID, commands: [PROGRAM], executionTimeoutSeconds: EXECUTION_TIMEOUT.toSeconds() },
};

function handWired(label: string, props: Omit<HandWiredJobProps, 'code'>): Design {
  return {
    ...PEER,
    label,
    interval: props.wait,
    memoryMb: 128,
    build: (stack, code) => void new HandWiredJob(stack, 'Job', { ...props, code }),
  };
}

function noLambda(label: string, wait: Duration): Design {
  return { ...PEER, label, interval: wait, memoryMb: 0, build: (stack) => void new NoLambdaJob(stack, 'Job', { wait }) };
}

function ours(label: string, completion: CompletionMode, interval: Duration): Design {
  return {
    label,
    look: 'Get status',
    interval,
    memoryMb: 256,
    isOurs: true,
    isPolling: completion === CompletionMode.POLLING,
    input: {},
    build: (stack) => void new CotsBatchJob(stack, 'Job', {
      instanceIds: [INSTANCE_ID], command: BatchCommand.shell(PROGRAM), executionTimeout: EXECUTION_TIMEOUT, completion,
    }),
  };
}

/** The ways that are compared, by the order in which docs/measured.md has them. */
export const DESIGNS: readonly Design[] = [
  handWired('the article: 30 min', { wait: Duration.minutes(30) }),
  handWired('the article: 60 s', { wait: Duration.seconds(60) }),
  noLambda('no Lambda: 60 s', Duration.seconds(60)),
  // SsmRunCommandOperator of the provider package "amazon": waiter_delay 120, waiter_max_attempts 75, GetCommandInvocation.
  handWired('Airflow\'s defaults', { wait: Duration.seconds(120), looksAtOnce: true, maxPolls: 75 }),
  ours('`POLLING`', CompletionMode.POLLING, Duration.minutes(5)),
  ours('`EVENTS`', CompletionMode.EVENTS, Duration.minutes(30)),
];
