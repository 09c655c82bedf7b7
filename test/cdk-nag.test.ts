import { App, Aspects, CfnResource, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Runtime, RuntimeFamily } from 'aws-cdk-lib/aws-lambda';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { IConstruct } from 'constructs';
import { BatchCommand, BatchJobHandlers, CommandTarget, Outcome } from '../src';
import { everyPropWithDocument, everyPropWithInstances, everyPropWithTargets } from './fixtures/every-prop';
import { NightlyCrawlerStack } from './fixtures/nightly-crawler/nightly-crawler-stack';
import { FEATURE_FLAGS } from './support/feature-flags';
import { JobProps, synth } from './support/synth';

/** What the AwsSolutions pack finds below a construct: the path of the resource, and the finding. */
function findings(below: IConstruct): string[] {
  const stack = Stack.of(below);
  Aspects.of(stack).add(new AwsSolutionsChecks());
  const annotations = Annotations.fromStack(stack);
  return [annotations.findError('*', Match.anyValue()), annotations.findWarning('*', Match.anyValue())].flat()
    .filter(({ id }) => `${id}/`.startsWith(`/${below.node.path}/`))
    .map(({ id, entry }) => `${id.slice(stack.node.path.length + 2)} ${String(entry.data).split(': The ')[0]}`);
}

function findingsOfJob(props: JobProps | ((stack: Stack) => JobProps), context = {}): string[] {
  return findings(synth(props, new Stack(new App({ context }), 'Stack')).job);
}

/** As if the construct accepted nothing. */
function withoutAcceptance(job: IConstruct): IConstruct {
  for (const resource of job.node.findAll().filter(CfnResource.isCfnResource)) {
    resource.addMetadata('cdk_nag', undefined);
  }
  return job;
}

const isIam = (finding: string) => finding.includes('AwsSolutions-IAM5');

describe('a job has no finding', () => {
  test('the example', () => {
    expect(findings(new NightlyCrawlerStack(new App(), 'NightlyCrawler'))).toEqual([]);
  });

  test.each([
    ['instanceIds', everyPropWithInstances],
    ['targets', everyPropWithTargets],
    ['a document', everyPropWithDocument],
  ])('every prop, with %s', (_servers, props: (stack: Stack) => JobProps) => {
    expect(FEATURE_FLAGS.map(([, context]) => findingsOfJob(props, context))).toEqual([[], []]);
  });

  test.each(['AWS-RunAnsiblePlaybook', 'arn:aws:ssm:eu-west-1:123456789012:document/Shared'])('the document %s', (nameOrArn) => {
    expect(findingsOfJob({ command: BatchCommand.document(nameOrArn) })).toEqual([]);
  });

  test.each([['its own handlers', {}], ['shared handlers', { shared: true }]])('started by events, and followed by them, with %s', (_handlers, { shared }: { shared?: boolean }) => {
    const { job } = synth((stack) => shared ? { handlers: new BatchJobHandlers(stack, 'Handlers') } : {}, new Stack(new App(), 'Stack'));
    job.startOn('Shop', { eventPattern: { source: ['com.example.shop'] } });
    job.onOutcome('Failed', [Outcome.FAILED]);
    expect(findings(job)).toEqual([]);
    expect(findings(withoutAcceptance(job)).filter((finding) => finding.includes('OutcomeEvents'))).toHaveLength(3);
  });

  test('so many servers that the role gets further policies', () => {
    const instanceIds = Array.from({ length: 500 }, (_, n) => `i-${String(n).padStart(17, '0')}`);
    expect(findingsOfJob({ instanceIds })).toEqual([]);
  });

  test('also where CDK knows a newer runtime than that of the handlers', () => {
    const newest = new Runtime('nodejs99.x', RuntimeFamily.NODEJS);
    try {
      expect(findingsOfJob({})).toEqual([]);
      expect(findings(withoutAcceptance(synth().job)).filter((finding) => finding.includes('AwsSolutions-L1'))).toHaveLength(3);
    } finally {
      Runtime.ALL.splice(Runtime.ALL.indexOf(newest), 1);
    }
  });
});

describe('what the construct accepts for everyone', () => {
  const everywhere = [
    'Job/Handlers/SendCommand/Role/DefaultPolicy/Resource AwsSolutions-IAM5[Resource::*]',
    'Job/Handlers/GetStatus/Role/DefaultPolicy/Resource AwsSolutions-IAM5[Resource::*]',
    'Job/Workflow/Resource/Role/DefaultPolicy/Resource AwsSolutions-IAM5[Resource::*]',
    expect.stringMatching(/^Job\/Handlers\/CloseRun\/Role\/DefaultPolicy\/Resource AwsSolutions-IAM5\[Resource::arn:.*:execution:.*:\*\]$/),
    'Job/Handlers/CloseRun/Role/DefaultPolicy/Resource AwsSolutions-IAM5[Resource::*]',
    'Job/StartWatch/Workflow/Resource/Role/DefaultPolicy/Resource AwsSolutions-IAM5[Resource::*]',
    'Job/Handlers/CheckStart/Role/DefaultPolicy/Resource AwsSolutions-IAM5[Resource::*]',
    expect.stringMatching(/^Job\/Handlers\/CheckStart\/OwnRuns\/Resource AwsSolutions-IAM5\[Resource::arn:.*:execution:.*:\*\]$/),
    expect.stringMatching(/^Job\/Handlers\/GetStatus\/EarlierRuns\/Resource AwsSolutions-IAM5\[Resource::arn:.*:execution:.*:\*\]$/),
    expect.stringMatching(/^Job\/Handlers\/SendCommand\/Reruns\/Resource AwsSolutions-IAM5\[Resource::arn:.*:execution:.*:\*\]$/),
  ];
  const byTag = [
    'Job/Handlers/SendCommand/Role/DefaultPolicy/Resource '
    + 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*]',
    'Job/Handlers/SendCommand/Role/DefaultPolicy/Resource '
    + 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:managed-instance/*]',
  ];

  test.each([
    ['instanceIds', everyPropWithInstances, everywhere],
    ['targets', everyPropWithTargets, [...byTag, ...everywhere]],
  ])('is all that is found, with %s', (_servers, props: (stack: Stack) => JobProps, expected) => {
    const found = findings(withoutAcceptance(synth(props).job));
    expect(found).toHaveLength(expected.length);
    expect(found).toEqual(expect.arrayContaining(expected));
  });

  test('has a reason for each, in ASCII', () => {
    const { job } = synth(everyPropWithTargets);
    const rules = job.node.findAll().filter(CfnResource.isCfnResource)
      .flatMap((resource) => resource.getMetadata('cdk_nag')?.rules_to_suppress ?? []);
    expect(rules.map(({ id }) => id).sort())
      .toEqual([...Array(14).fill('AwsSolutions-IAM5'), ...Array(4).fill('AwsSolutions-L1')]);
    expect(rules.filter(({ reason }) => !/^[\x20-\x7e]{30,}$/.test(reason))).toEqual([]);
    // A rule that is accepted as a whole hides what nobody has looked at.
    expect(rules.filter((rule) => rule.id === 'AwsSolutions-IAM5' && !(rule.applies_to?.length > 0))).toEqual([]);
  });

  test('leaves a policy that a user adds to be found', () => {
    const synthesized = synth();
    synthesized.job.stateMachine.role.addManagedPolicy({ managedPolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' });
    expect(findings(synthesized.job)).toEqual([
      'Job/Workflow/Resource/Role/Resource AwsSolutions-IAM4[Policy::arn:aws:iam::aws:policy/AdministratorAccess]',
    ]);
  });
});

describe('what is left to the user to accept', () => {
  test('a resource group: IAM cannot tell its members from other servers', () => {
    expect(findingsOfJob({ instanceIds: undefined, targets: [CommandTarget.resourceGroup('crawlers')] })).toEqual([
      expect.stringContaining('SendCommand/Role/DefaultPolicy/Resource AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:'),
      expect.stringContaining('SendCommand/Role/DefaultPolicy/Resource AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ssm:'),
    ]);
  });

  test('the role of a server, which is the user\'s: nothing but resources that cannot be named', () => {
    const { stack, job } = synth(everyPropWithInstances);
    const server = new Role(stack, 'Server', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    job.grantInstance(server);
    expect(findings(server).map((finding) => finding.split(' ')[1])).toEqual([
      'AwsSolutions-IAM5[Resource::*]',
      expect.stringMatching(/^AwsSolutions-IAM5\[Resource::arn:.*:log-group:<.*>:log-stream:\*\/i-0123456789abcdef0\/\*\]$/),
      expect.stringMatching(/log-stream:\*\/mi-0123456789abcdef0\/\*\]$/),
      'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:*]',
      expect.stringMatching(/^AwsSolutions-IAM5\[Resource::<Output.*\.Arn>\/jobs\/nightly\/\*\/i-0123456789abcdef0\/\*\]$/),
      expect.stringMatching(/jobs\/nightly\/\*\/mi-0123456789abcdef0\/\*\]$/),
    ]);
  });

  test('the role of a parent workflow, which is the user\'s: the executions of the job', () => {
    const { stack, job } = synth();
    const parent = new StateMachine(stack, 'Parent', { definitionBody: DefinitionBody.fromChainable(job.asTask(stack, 'Index')) });
    expect(findings(parent).filter(isIam)).toEqual([expect.stringContaining(':execution:')]);
  });
});
