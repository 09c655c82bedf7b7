import { App, Stack } from 'aws-cdk-lib';
import { BatchCommand, OverlapPolicy } from '../../../src';
import { CloudAssembly } from '../../../src/local/app/cloud-assembly';
import { missingDocuments, requirePrograms } from '../../../src/local/app/job-documents';
import { Job, jobsOf } from '../../../src/local/app/jobs';
import { JobProps, synth } from '../../support/synth';
import { removeFolders, stateMachine, synthesize, temporaryFolder } from '../run/synthesized-app';

afterAll(removeFolders);

const { PATH } = process.env;
afterEach(() => {
  process.env.PATH = PATH;
});

/** A job of an app. */
function jobIn(folder: string): [CloudAssembly, Job] {
  const assembly = CloudAssembly.read(folder);
  return [assembly, jobsOf(assembly)[0]];
}

/** A job as the construct makes it. */
function realJob(props: JobProps): [CloudAssembly, Job] {
  const app = new App({ outdir: temporaryFolder(), context: { 'aws:cdk:enable-path-metadata': true } });
  synth(props, new Stack(app, 'Stack'));
  return jobIn(app.synth().directory);
}

describe('without flock on this machine', () => {
  beforeEach(() => {
    process.env.PATH = temporaryFolder();
  });

  test('a job whose runs may not overlap is refused', () => {
    expect(() => requirePrograms(...realJob({ overlapPolicy: OverlapPolicy.SKIP }))).toThrow(
      'Stack/Job needs the program flock, for its overlapPolicy, and this machine has none on the PATH: '
      + 'run it on Linux, in WSL or in a container (package util-linux, or busybox)',
    );
  });

  test.each<[string, JobProps]>([
    ['whose runs may overlap', { overlapPolicy: OverlapPolicy.ALLOW }],
    ['of Windows', { command: BatchCommand.powerShell('exit 0'), overlapPolicy: OverlapPolicy.SKIP }],
    ['that sends another document', { command: BatchCommand.document('AWS-RunShellScript') }],
  ])('a job %s can run', (_, props) => {
    expect(() => requirePrograms(...realJob(props))).not.toThrow();
  });
});

test('with flock, a job whose runs may not overlap can run', () => {
  expect(() => requirePrograms(...realJob({ overlapPolicy: OverlapPolicy.SKIP }))).not.toThrow();
});

test.each([
  'AWS-RunAnsiblePlaybook',
  'arn:aws:ssm:us-east-1:210987654321:document/vendor-install',
])('the document %s is told to be missing', (name) => {
  expect(missingDocuments(...realJob({ command: BatchCommand.document(name) }))).toEqual([
    `the document ${name.slice(name.lastIndexOf('/') + 1)} is not in the template. Of those, the local run has AWS-RunShellScript and `
    + 'AWS-RunPowerShellScript only: here SSM says that it does not exist, whether or not it does in AWS',
  ]);
});

test.each<[string, JobProps]>([
  ['the job\'s own', {}],
  ['one of AWS\'s that the local run has', { command: BatchCommand.document('AWS-RunShellScript') }],
])('a document is there: %s', (_, props) => {
  expect(missingDocuments(...realJob(props))).toEqual([]);
});

test('documents of state machines that call SSM themselves are known, too', () => {
  const send = {
    Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:ssm:sendCommand', Parameters: { DocumentName: 'AWS-Other' }, End: true,
  };
  const app = synthesize({ App: { Resources: { Job: stateMachine({ StartAt: 'Send', States: { Send: send } }) } } });

  expect(missingDocuments(...jobIn(app))).toEqual([expect.stringContaining('AWS-Other')]);
});
