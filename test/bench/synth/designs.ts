import { Duration, Stack } from 'aws-cdk-lib';
import { SameParts } from './same-parts';
import { BatchCommand, CompletionMode, CotsBatchJob } from '../../../src';
import { HandWiredJob } from '../article/hand-wired-job';

const INSTANCE_IDS = ['i-0123456789abcdef0'];

/** A job as it is added to a stack. */
export interface SynthDesign {
  /** As in the README. */
  readonly label: string;
  readonly isOurs: boolean;
  add(stack: Stack, id: string, handWiredCode: string): void;
}

const ours = (completion: CompletionMode) => (stack: Stack, id: string): void => {
  new CotsBatchJob(stack, id, { instanceIds: INSTANCE_IDS, command: BatchCommand.shell('bin/index.sh'), completion });
};

/** The first one of ours has the parts that the second one has by hand. */
export const SYNTH_DESIGNS: readonly SynthDesign[] = [
  {
    label: 'the article\'s parts, by hand',
    isOurs: false,
    add: (stack, id, code) => void new HandWiredJob(stack, id, { code, wait: Duration.minutes(30) }),
  },
  { label: 'the same parts as `POLLING`, by hand', isOurs: false, add: (stack, id) => void new SameParts(stack, id, INSTANCE_IDS) },
  { label: '`CotsBatchJob`, `POLLING`', isOurs: true, add: ours(CompletionMode.POLLING) },
  { label: '`CotsBatchJob`, `EVENTS`', isOurs: true, add: ours(CompletionMode.EVENTS) },
];
