import { Duration } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { BatchJobHandlers, Outcome } from '../../src';
import { pathFrom, reachable } from '../support/state-machine';
import { JobProps, synth } from '../support/synth';

const plain = synth();
const definition = (props: JobProps) => synth(props).definition;
const from = (status: object, props: JobProps) => pathFrom(definition(props), 'What next?', { status }).slice(1);

/** What a handler of this release returns of a job that asks for chat. */
const chat = { notification: { subject: '', text: '', chat: {} } };

describe('notifyOnRecovery', () => {
  const props: JobProps = { notifyOnRecovery: true };

  test('a success after a failure is reported, and no other one', () => {
    expect(from({ outcome: 'Succeeded', isRecovery: true }, props)).toEqual(['Notify of recovery', 'Succeeded']);
    expect(from({ outcome: 'Succeeded', isRecovery: false }, props)).toEqual(['Succeeded']);
    expect(from({ outcome: 'Failed', isRecovery: false }, props)).toEqual(['Notify', 'How did it end?', 'Failed']);
  });

  test('once, where every success is reported', () => {
    const all: JobProps = { ...props, notifyOn: [Outcome.FAILED, Outcome.SUCCEEDED] };
    expect(from({ outcome: 'Succeeded', isRecovery: true }, all)).toEqual(['Notify of recovery', 'Succeeded']);
    expect(from({ outcome: 'Succeeded', isRecovery: false }, all)).toEqual(['Notify', 'How did it end?', 'Succeeded']);
  });

  test('a handler of an earlier release does not say so, and the run ends as it did then', () => {
    expect(from({ outcome: 'Succeeded' }, props)).toEqual(['Succeeded']);
  });

  test('it is the same message, with an attribute to filter by; where it cannot be sent, the run has succeeded as well', () => {
    const { Notify, 'Notify of recovery': recovery } = definition(props).States;
    expect(recovery.Parameters).toEqual({
      ...Notify.Parameters,
      MessageAttributes: { ...Notify.Parameters!.MessageAttributes as object, recovery: { DataType: 'String', StringValue: 'true' } },
    });
    expect([recovery.Retry, recovery.Catch]).toEqual([Notify.Retry, [{ ErrorEquals: ['States.ALL'], ResultPath: '$.fault', Next: 'Succeeded' }]]);
  });
});

describe('chatNotifications', () => {
  const props: JobProps = { chatNotifications: true, longRunningAfter: Duration.hours(1), notifyOnRecovery: true };

  test('every report has a text for HTTPS', () => {
    const { States } = definition(props);
    for (const name of ['Notify', 'Notify late', 'Notify of recovery']) {
      expect(States[name].Parameters!.Message).toMatchObject({ 'https.$': 'States.JsonToString($.status.notification.chat)' });
    }
  });

  test('what a handler of an earlier release reports has one, too: a path that is missing would end the execution', () => {
    const { States } = definition(props);
    const told = States['Describe for chat'];
    expect(told).toMatchObject({ Type: 'Pass', ResultPath: '$.status.notification.chat', Next: 'What next?' });
    expect(told.Parameters).toEqual({
      'version': '1.0',
      'source': 'custom',
      'id.$': '$$.Execution.Name',
      'content': {
        'textType': 'client-markdown',
        'title.$': '$.status.notification.subject',
        'description.$': 'States.Format(\'The mail has more. Execution: {}\', $$.Execution.Id)',
      },
      'metadata': {
        'threadId.$': '$$.StateMachine.Id',
        'summary.$': '$.status.notification.subject',
        'eventType.$': 'States.Format(\'CotsBatchJob.{}\', $.status.outcome)',
      },
    });
    const [rule] = States['What next?'].Choices!;
    expect(rule.Next).toBe('Describe for chat');
    for (const [status, isTold] of [
      [{ outcome: 'Failed' }, true], [{ outcome: 'Running', isLate: true }, true], [{ outcome: 'Running', isLate: false }, false],
      [{ outcome: 'Failed', ...chat }, false], [{ outcome: 'Running', isLate: true, ...chat }, false],
    ] as const) {
      const [next] = pathOnce(definition(props), { isLate: false, ...status });
      expect([status, next === 'Describe for chat']).toEqual([status, isTold]);
    }
  });

  test('so has a fault of the workflow', () => {
    const described = definition(props).States['Describe fault'].Parameters as any;
    expect(described.notification.chat).toMatchObject({
      version: '1.0',
      source: 'custom',
      content: { 'textType': 'client-markdown', 'description.$': expect.stringContaining('still runs, is unknown') },
      metadata: { 'threadId.$': '$$.StateMachine.Id', 'eventType': 'CotsBatchJob.Failed' },
    });
    // The error is that of a service, and markup in it would be a channel's.
    expect(JSON.stringify(described.notification.chat)).not.toContain('$.fault');
  });
});

test('no state of either cannot be reached', () => {
  const machine = definition({ chatNotifications: true, notifyOnRecovery: true });
  expect([...reachable(machine)].sort()).toEqual(Object.keys(machine.States).sort());
});

test('a job that asks for neither has no state, choice, setting or right of them', () => {
  const { definition: { States }, settings } = plain;
  expect(Object.keys(States).filter((name) => /chat|recovery/i.test(name))).toEqual([]);
  expect(JSON.stringify(States['What next?'])).not.toMatch(/chat|Recovery/);
  expect(JSON.stringify(States.Notify)).not.toMatch(/https\.\$|recovery/);
  expect(States['Describe fault'].Parameters).not.toHaveProperty('notification.chat');
  expect(settings).not.toHaveProperty('chatNotifications');
  expect(settings).not.toHaveProperty('notifyOnRecovery');
  expect(JSON.stringify(plain.statements(plain.job.pollFunction.role))).not.toContain('states:');
  for (const off of [{ chatNotifications: false }, { notifyOnRecovery: false }]) {
    expect(synth(off).template.toJSON()).toEqual(plain.template.toJSON());
  }
});

describe('the handler that polls may read how the runs of its job have ended', () => {
  test('and no others', () => {
    const synthesized = synth({ notifyOnRecovery: true });
    expect(synthesized.statements(synthesized.job.pollFunction.role).filter(({ actions }) => actions[0].startsWith('states:'))).toEqual([
      { actions: ['states:DescribeExecution'], resources: [expect.stringMatching(/:states:.*:execution:.*Job\/Workflow.*:\*$/)] },
      { actions: ['states:ListExecutions'], resources: ['<Job/Workflow>'] },
    ]);
  });

  test('what a key of the job encrypts, too, whose handlers have another one', () => {
    const decrypted = (props: JobProps) => {
      const synthesized = synth((stack) => ({ ...props, encryptionKey: new Key(stack, 'Key'), handlers: new BatchJobHandlers(stack, 'Handlers') }));
      return synthesized.statements(synthesized.job.pollFunction.role).filter(({ actions }) => actions.includes('kms:Decrypt'));
    };
    expect(decrypted({})).toEqual([]);
    expect(decrypted({ notifyOnRecovery: true })).toEqual([{ actions: ['kms:Decrypt'], resources: ['<Key.Arn>'] }]);
  });

  test('of all jobs that share the handler, by the names of their state machines', () => {
    const synthesized = synth((stack) => ({ notifyOnRecovery: true, handlers: new BatchJobHandlers(stack, 'Handlers') }));
    const rights = synthesized.statements(synthesized.job.pollFunction.role).filter(({ actions }) => actions[0].startsWith('states:'));
    expect(rights.map(({ actions, resources }) => [actions, resources.length, resources[0].slice(-4)])).toEqual([
      [['states:DescribeExecution'], 1, '-*:*'], [['states:ListExecutions'], 1, expect.stringMatching(/-\*$/)],
    ]);
  });
});

/** Where a status leads to first. */
function pathOnce(machine: ReturnType<typeof definition>, status: object): string[] {
  const { 'Describe for chat': told, ...States } = machine.States;
  return pathFrom({ ...machine, States: { ...States, 'Describe for chat': { ...told, Type: 'Succeed' } } }, 'What next?', { status }).slice(1);
}
