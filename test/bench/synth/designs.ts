import { Duration, Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SameParts } from './same-parts';
import { BatchCommand, BatchJobHandlers, CompletionMode, CotsBatchJob, CotsBatchJobProps } from '../../../src';
import { HandWiredJob } from '../article/hand-wired-job';

const INSTANCE_IDS = ['i-0123456789abcdef0'];

/** Jobs as they are added to a stack. */
export interface SynthDesign {
  /** As in docs/measured.md. */
  readonly label: string;
  readonly isOurs: boolean;
  add(stack: Stack, ids: readonly string[], handWiredCode: string): void;
}

function ours(label: string, props: Partial<CotsBatchJobProps>, shared?: (stack: Stack) => Partial<CotsBatchJobProps>): SynthDesign {
  return {
    label,
    isOurs: true,
    add: (stack, ids) => {
      const all = { instanceIds: INSTANCE_IDS, command: BatchCommand.shell('bin/index.sh'), ...props, ...shared?.(stack) };
      ids.forEach((id) => new CotsBatchJob(stack, id, all));
    },
  };
}

function byHand(label: string, add: (stack: Stack, id: string, code: string) => unknown): SynthDesign {
  return { label, isOurs: false, add: (stack, ids, code) => ids.forEach((id) => add(stack, id, code)) };
}

/** The first one of ours has the parts that the second one has by hand. */
export const SYNTH_DESIGNS: readonly SynthDesign[] = [
  byHand('the article\'s parts, by hand', (stack, id, code) => new HandWiredJob(stack, id, { code, wait: Duration.minutes(30) })),
  byHand('the same parts as `POLLING`, by hand', (stack, id) => new SameParts(stack, id, INSTANCE_IDS)),
  ours('`CotsBatchJob`, `POLLING`', {}),
  ours('`CotsBatchJob`, `EVENTS`', { completion: CompletionMode.EVENTS }),
  ours('`CotsBatchJob` with shared `handlers` and topic', {}, (stack) => ({
    handlers: new BatchJobHandlers(stack, 'Handlers'),
    notificationTopic: new Topic(stack, 'Topic'),
  })),
];
