import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SameParts, SameTexts } from './same-parts';
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

let texts: SameTexts | undefined;

/** What the first design of ours writes. Whoever wires it by hand has that in a file. */
function textsOfJob(): SameTexts {
  if (texts === undefined) {
    const stack = new Stack(new App(), 'Stack');
    new CotsBatchJob(stack, 'Job', { instanceIds: INSTANCE_IDS, command: BatchCommand.shell('bin/index.sh') });
    const template = Template.fromStack(stack);
    const [document] = Object.values(template.findResources('AWS::SSM::Document')) as { Properties: { Content: object } }[];
    const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine')) as { Properties: { DefinitionString: unknown } }[];
    // Without what only a deployment knows: the name of the document, which is written anew, and ARNs.
    const { 'Fn::Join': [, parts] } = machine.Properties.DefinitionString as { 'Fn::Join': [string, unknown[]] };
    const { States } = JSON.parse(parts.map((part) => typeof part === 'string' ? part : 'x').join('')) as {
      States: { 'Job settings': { Parameters: { job: object } } };
    };
    texts = { content: document.Properties.Content, settings: States['Job settings'].Parameters.job };
  }
  return texts;
}

/** What is held against a job of ours that polls. */
export const SAME_BY_HAND = 'the same parts and texts as `POLLING`, by hand';

/** The first one of ours has the parts that the second and third one have by hand. */
export const SYNTH_DESIGNS: readonly SynthDesign[] = [
  byHand('the article\'s parts, by hand', (stack, id, code) => new HandWiredJob(stack, id, { code, wait: Duration.minutes(30) })),
  byHand('the same parts as `POLLING`, by hand', (stack, id) => new SameParts(stack, id, INSTANCE_IDS)),
  byHand(SAME_BY_HAND, (stack, id) => new SameParts(stack, id, INSTANCE_IDS, textsOfJob())),
  ours('`CotsBatchJob`, `POLLING`', {}),
  ours('`CotsBatchJob`, `EVENTS`', { completion: CompletionMode.EVENTS }),
  ours('`CotsBatchJob` with shared `handlers` and topic', {}, (stack) => ({
    handlers: new BatchJobHandlers(stack, 'Handlers'),
    notificationTopic: new Topic(stack, 'Topic'),
  })),
];
