import { start } from '../local/cli/command-line';
import { allow, removeFolders, role, stateMachine, synthesize, temporaryFolder } from '../local/run/synthesized-app';

// Attacker: whoever writes what a run shows: a template of somebody else, a program, a message.
// Way: escape sequences that set the title, move the cursor, hide or overwrite what was written, or turn it round.
// Must hold: the terminal gets text and the ends of lines that are the local run's own, and nothing that it would obey.

afterAll(removeFolders);

const HOSTILE = '\u001b]0;owned\u0007\u001b[2J\u001b[1A\u009b2K\u202eodd\u2066\roverwritten\u0008\u200b\nFORGED';
const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/;

/** An app whose names, messages and errors are hostile. */
function hostileApp(): string {
  return synthesize({
    App: {
      Resources: {
        Topic: { Type: 'AWS::SNS::Topic' },
        Mail: { Type: 'AWS::SNS::Subscription', Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'email', Endpoint: `ops${HOSTILE}@example.com` } },
        Document: { Type: 'AWS::SSM::Document', Properties: { DocumentType: 'Command', Content: { schemaVersion: HOSTILE } } },
        StateMachineRole: role('states.amazonaws.com', allow('sns:Publish', { Ref: 'Topic' })),
        Job: stateMachine({
          StartAt: `State ${HOSTILE}`,
          States: {
            [`State ${HOSTILE}`]: { Type: 'Pass', Next: 'Notify' },
            Notify: {
              Type: 'Task',
              Resource: 'arn:aws:states:::sns:publish',
              Parameters: { 'TopicArn': { Ref: 'Topic' }, 'Subject': 'Failed', 'Message.$': '$$.Execution.Input.text' },
              ResultPath: null,
              Next: 'Failed',
            },
            Failed: { Type: 'Fail', Error: `Error ${HOSTILE}`, Cause: `because ${HOSTILE}` },
          },
        }, { path: `App/Job${HOSTILE}/StateMachine/Resource` }),
      },
    },
  });
}

const run = (...args: string[]) => start(['run', hostileApp(), '--work-dir', temporaryFolder(), ...args]).ended;

test('a run shows all of it, and obeys none', async () => {
  const { code, stdout, stderr } = await run('--input', JSON.stringify({ text: `mail ${HOSTILE}` }));

  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).not.toMatch(OBEYED);
  for (const shown of [/^\+00:00 {2}State .*FORGED$/m, /^│ To {7}opsodd overwritten FORGED@example\.com$/m, /^│ mail odd$/m, /^│ FORGED$/m, /^FAILED after .*Error /m]) {
    expect(stdout).toMatch(shown);
  }
  // Only a mail has lines of its own, and those are in its frame.
  expect(stdout).not.toMatch(/^FORGED/m);
});

test('a document for programs has it, in escapes of its own', async () => {
  const { stdout } = await run('--json', '--input', JSON.stringify({ text: HOSTILE }));

  expect(stdout.replace(/\n/g, '')).not.toMatch(OBEYED);
  expect(JSON.parse(stdout)).toMatchObject({ error: `Error ${HOSTILE}`, cause: `because ${HOSTILE}` });
});

test.each([
  ['a job', ['--job', HOSTILE]],
  ['a number', ['--speed', HOSTILE]],
  ['a folder', ['--path', `/${HOSTILE}`]],
])('an error that quotes %s is shown, and obeyed in nothing', async (_, args) => {
  const { code, stdout, stderr } = await run(...args);

  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^cots-batch-job: /);
  expect(stderr).toContain('odd');
  expect(stderr).not.toMatch(OBEYED);
});
