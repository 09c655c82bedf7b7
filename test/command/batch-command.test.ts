import { App, CfnParameter, Duration, Lazy, NestedStack, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { BatchCommand, JobParameter } from '../../src';
import { RUN_ID_PATTERN } from '../../src/protocol';
import { synth } from '../support/synth';

/** The document of a job with this command. */
function document(command: BatchCommand) {
  const synthesized = synth({ command, executionTimeout: Duration.hours(6) });
  return synthesized.properties(synthesized.job.node.findChild('Document'));
}

const script = (command: BatchCommand): string => document(command).Content.mainSteps[0].inputs.runCommand.join('\n');

describe('the job\'s own document', () => {
  test('is for EC2 and hybrid servers, and keeps its name when it changes', () => {
    expect(document(BatchCommand.shell('bin/index.sh'))).toEqual({
      DocumentType: 'Command',
      DocumentFormat: 'JSON',
      TargetType: '/',
      UpdateMethod: 'NewVersion',
      Content: expect.any(Object),
    });
  });

  test('takes the run, the variables and the limits of time, none of which can be code', () => {
    const { parameters } = document(BatchCommand.shell('bin/index.sh')).Content;
    expect(parameters).toEqual({
      RunId: expect.objectContaining({ type: 'String', default: '', allowedPattern: RUN_ID_PATTERN }),
      Variables: expect.objectContaining({ type: 'String', default: '' }),
      executionTimeout: expect.objectContaining({ type: 'String', default: '21600', allowedPattern: '^[1-9][0-9]{0,5}$' }),
      StartBefore: expect.objectContaining({ type: 'String', default: '', allowedPattern: '^[0-9]{0,11}$' }),
      Check: expect.objectContaining({ type: 'String', default: '', allowedPattern: '^(yes)?$' }),
    });
    const variables = new RegExp(parameters.Variables.allowedPattern);
    expect('A=,B_2=Yw==,C=YWJj').toMatch(variables);
    for (const hostile of ['A=$(id)', 'A=b c', 'A=\'', 'A=`id`', '2=Yw==', 'A', 'A=Yw==\n', '{{ssm:x}}', 'A=Yw===']) {
      expect(hostile).not.toMatch(variables);
    }
  });

  test.each([
    ['shell', BatchCommand.shell('bin/index.sh'), 'aws:runShellScript'],
    ['PowerShell', BatchCommand.powerShell('bin\\index.ps1'), 'aws:runPowerShellScript'],
  ])('of %s has one step, which ends after the execution timeout', (_what, command, action) => {
    const { schemaVersion, mainSteps } = document(command).Content;
    expect(schemaVersion).toBe('2.2');
    expect(mainSteps).toEqual([{
      action,
      name: 'runBatchProgram',
      inputs: { timeoutSeconds: '{{ executionTimeout }}', runCommand: expect.any(Array) },
    }]);
  });

  test('is what the job sends', () => {
    const { settings } = synth({ command: BatchCommand.powerShell('x') });
    expect(settings.document).toEqual({ name: '<Job/Document>', version: '$LATEST', own: true, bytes: expect.any(Number), startBefore: true, check: true, parameters: {}, failFast: true });
  });

  test('says whether the script ends at its first failure: mails tell', () => {
    for (const command of [
      BatchCommand.shell('x', { failFast: false }),
      BatchCommand.powerShell('x', { failFast: false }),
      BatchCommand.shell('#!/usr/bin/python3\nprint(1)'),
    ]) {
      expect(synth({ command }).settings.document).not.toHaveProperty('failFast');
    }
  });

  test('may have up to 64 KB', () => {
    expect(script(BatchCommand.shell('x'.repeat(55_000)))).toContain('x'.repeat(55_000));
  });
});

describe('the script', () => {
  test('stands in the document, readable', () => {
    expect(script(BatchCommand.shell('cd data\nbin/index.sh --sites "sites.txt"')))
      .toContain('\ncd data\nbin/index.sh --sites "sites.txt"\n');
    expect(script(BatchCommand.powerShell('Set-Location data\n& bin\\index.ps1')))
      .toContain('\nSet-Location data\n& bin\\index.ps1\n');
  });

  test('may have tokens in it, and be one', () => {
    const synthesized = synth((stack) => {
      const file = new CfnParameter(stack, 'File').valueAsString;
      const options = { workingDirectory: file, runAs: file, environment: { SITES: file } };
      return { command: BatchCommand.shell(`bin/index.sh ${file}`, options) };
    });
    const lines: string[] = synthesized.properties(synthesized.job.node.findChild('Document')).Content.mainSteps[0].inputs.runCommand;
    expect(lines).toContain('<Fn::Base64 "bin/index.sh <File>">');
    expect(lines.filter((line) => line.includes('File'))).toEqual([
      'user=$(printf %s \'<Fn::Base64 "<File>">\' | base64 -d && echo .) || stop 215 "not started: runAs cannot be decoded"',
      '  user=$(printf %s \'<Fn::Base64 "<File>">\' | base64 -d && echo .) || not_started "runAs cannot be decoded"',
      '  value=$(printf %s \'<Fn::Base64 "<File>">\' | base64 -d && echo .) || not_started "environment SITES cannot be decoded"',
      '  COTS_BATCH_JOB_FOLDER=$(printf %s \'<Fn::Base64 "<File>">\' | base64 -d && echo .) || not_started "workingDirectory cannot be decoded"',
      '<Fn::Base64 "bin/index.sh <File>">',
    ]);

    const whole = synth((stack) => ({ command: BatchCommand.shell(new CfnParameter(stack, 'Script').valueAsString) }));
    expect(whole.properties(whole.job.node.findChild('Document')).Content.mainSteps[0].inputs.runCommand).toContain('<Fn::Base64 "<Script>">');
  });

  describe.each([
    ['shell', (text: string) => BatchCommand.shell(`bin/index.sh ${text}`, { environment: { SITES: text } })],
    ['PowerShell', (text: string) => BatchCommand.powerShell(`bin\\index.ps1 ${text}`, { environment: { SITES: text } })],
  ])('of %s may have a token', (_what, command) => {
    /** What refers to a bucket in the script of a job: once in its text, once in its environment. */
    function references(bucketStack: Stack, jobStack: Stack): string[] | null {
      const { bucketName } = new Bucket(bucketStack, 'Bucket');
      const synthesized = synth({ command: command(bucketName) }, jobStack);
      const lines: string[] = synthesized.properties(synthesized.job.node.findChild('Document')).Content.mainSteps[0].inputs.runCommand;
      return lines.join('\n').match(/<[^<>\n]*Bucket[^>]*>/g);
    }

    test('of another stack: it is imported', () => {
      const imported = expect.stringMatching(/^<Fn::ImportValue \\*"Sites:ExportsOutputRefBucket[0-9A-F]*\\*">$/);
      const app = new App();
      expect(references(new Stack(app, 'Sites'), new Stack(app, 'Stack'))).toEqual([imported, imported]);
    });

    test('of the stack around a nested one: it is a parameter', () => {
      const parameter = expect.stringMatching(/^<Nested\/reference-to-ParentBucket[0-9A-F]*Ref>$/);
      const parent = new Stack(new App(), 'Parent');
      expect(references(parent, new NestedStack(parent, 'Nested'))).toEqual([parameter, parameter]);
    });

    test('that is known late', () => {
      let sites = 'early';
      const synthesized = synth({ command: command(Lazy.string({ produce: () => sites })) });
      sites = 'late';
      const text = JSON.stringify(synthesized.properties(synthesized.job.node.findChild('Document')));
      expect(['early', 'late'].map((value) => text.includes(Buffer.from(value).toString('base64')))).toEqual([false, true]);
    });

    test('of a resource that gets another logical ID afterwards', () => {
      const stack = new Stack(new App(), 'Stack');
      const parameter = new CfnParameter(stack, 'Sites');
      const synthesized = synth({ command: command(parameter.valueAsString) }, stack);
      parameter.overrideLogicalId('Renamed');
      expect(JSON.stringify(synthesized.template.toJSON())).not.toContain('"Ref":"Sites"');
      expect(JSON.stringify(synthesized.template.toJSON())).toContain('"Ref":"Renamed"');
    });
  });

  test('runs as root in /bin/sh, and fails fast, unless the user says otherwise', () => {
    const plain = script(BatchCommand.shell('bin/index.sh'));
    expect(plain).not.toContain('runuser');
    expect(plain).toContain('exec \'/bin/sh\' \'-e\' "$COTS_BATCH_JOB_SCRIPT" </dev/null');

    const chosen = script(BatchCommand.shell('bin/index.sh', {
      runAs: 'crawler', shell: '/bin/bash', failFast: false, workingDirectory: '/opt/crawler', environment: { LANG: 'C' },
    }));
    expect(chosen).toContain('\nuser=\'crawler\'\n');
    expect(chosen).toContain('exec \'/bin/bash\' "$COTS_BATCH_JOB_SCRIPT" </dev/null');
    expect(chosen).toContain('\n  COTS_BATCH_JOB_FOLDER=\'/opt/crawler\'\n');
    expect(chosen).toContain('export LANG=\'C\'');
  });

  test('of PowerShell takes folder, environment and failFast, too', () => {
    expect(script(BatchCommand.powerShell('x')))
      .toContain('$ErrorActionPreference = \'Stop\'\n$PSNativeCommandUseErrorActionPreference = $true');
    const chosen = script(BatchCommand.powerShell('x', {
      failFast: false, workingDirectory: 'C:\\crawler', environment: { MODE: 'full' },
    }));
    expect(chosen).toContain('$ErrorActionPreference = \'Continue\'\n$PSNativeCommandUseErrorActionPreference = $false');
    expect(chosen).toContain('Set-Location -LiteralPath \'C:\\crawler\'');
    expect(chosen).toContain('$env:MODE = \'full\'');
  });

  test.each(['root', 'svc_batch', 'host$', 'CORP\\crawler', 'crawler@corp.example', 'crawler-1.x'])('runs as %p', (runAs) => {
    expect(script(BatchCommand.shell('x', { runAs }))).toContain(`\nuser='${runAs}'\n`);
  });

  test.each(['C:\\crawler', 'd:/crawler', '\\\\server\\share'])('of PowerShell starts in %p', (workingDirectory) => {
    expect(script(BatchCommand.powerShell('x', { workingDirectory }))).toContain(`'${workingDirectory}'`);
  });
});

describe('a document that exists', () => {
  test('is sent as it is: the job makes none', () => {
    const { job, settings, template } = synth({ command: BatchCommand.document('RunVendorJob') });
    expect(job.documentName).toBe('RunVendorJob');
    template.resourceCountIs('AWS::SSM::Document', 0);
    expect(settings.document).toEqual({ name: 'RunVendorJob', own: false, parameters: {} });
    expect(settings.successExitCodes).toEqual([0]);
  });

  test('every option', () => {
    const { settings } = synth({
      command: BatchCommand.document('RunVendorJob', {
        parameters: { Playbook: ['site.yml'], ExtraVars: ['a', 'b'] },
        version: '3',
        executionTimeoutParameter: 'MaxSeconds',
        successExitCodes: [0, 2],
      }),
    });
    expect(settings.document).toEqual({
      name: 'RunVendorJob',
      version: '3',
      own: false,
      parameters: { Playbook: ['site.yml'], ExtraVars: ['a', 'b'] },
      executionTimeoutParameter: 'MaxSeconds',
    });
    expect(settings).toMatchObject({ successExitCodes: [0, 2], maxErrors: '100%' });
  });

  test.each(['$LATEST', '$DEFAULT', '12'])('version %s', (version) => {
    expect(synth({ command: BatchCommand.document('RunVendorJob', { version }) }).settings.document.version).toBe(version);
  });

  test.each([
    ['AWS-RunShellScript', 'executionTimeout'],
    ['AWS-RunPowerShellScript', 'executionTimeout'],
    ['arn:aws:ssm:eu-west-1::document/AWS-RunShellScript', 'executionTimeout'],
    ['AWS-RunAnsiblePlaybook', undefined],
    ['constructor', undefined],
  ])('%s takes the execution timeout as %s', (nameOrArn, parameter) => {
    expect(synth({ command: BatchCommand.document(nameOrArn) }).settings.document.executionTimeoutParameter).toBe(parameter);
  });

  test('takes the parameters of the job that have a rule', () => {
    const { settings } = synth({
      command: BatchCommand.document('RunVendorJob'),
      parameters: {
        Sites: JobParameter.string({ pattern: '[a-z,]+' }),
        Mode: JobParameter.string({ allowedValues: ['full', 'fast'] }),
        Depth: JobParameter.number(),
        Dry: JobParameter.flag(),
      },
    });
    expect(Object.keys(settings.parameters)).toEqual(['Sites', 'Mode', 'Depth', 'Dry']);
  });
});
