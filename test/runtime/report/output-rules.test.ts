import { GetCommandInvocationCommand } from '@aws-sdk/client-ssm';
import { JobSettings, OUTPUT_RULE_EXIT_CODE, PROGRAM_EXIT_CODE_WORDS } from '../../../src/protocol';
import { forget, look, ssm } from '../poll-once';
import { DOCUMENT, FIRST, invocation } from '../samples';

beforeEach(forget);
afterEach(() => jest.restoreAllMocks());

const document = { name: DOCUMENT, own: true, outputRules: true, parameters: {} };
const QUOTED = 'cots-batch-job: line: ORA-00942: table or view does not exist';
const MATCHED = 'cots-batch-job: the output has a line that matches failOnOutput \'^ORA-\'';
const MISSED = 'cots-batch-job: the output has no line that matches requireOutput \'^Done\'';
const AGENT = `failed to run commands: exit status ${OUTPUT_RULE_EXIT_CODE}`;
const PROGRAM = `${PROGRAM_EXIT_CODE_WORDS} ${OUTPUT_RULE_EXIT_CODE}`;

/** The mail of a run that has failed with this on stderr, as one line. */
async function report(
  stderr: string[], settings: Partial<JobSettings> = {}, exitCode = OUTPUT_RULE_EXIT_CODE,
): Promise<{ text: string; stderr: string }> {
  ssm.on(GetCommandInvocationCommand).resolves({ StandardErrorContent: stderr.join('\n'), StandardOutputContent: 'out' });
  const status = await look([invocation(FIRST, 'Failed', exitCode)], { document, ...settings });
  expect(status.outcome).toBe('Failed');
  return { text: status.notification.text.replace(/\s+/g, ' '), stderr: status.result.failures[0].stderr };
}

const ADVICE = 'a rule for its output says otherwise';

test.each<[string, string[], string]>([
  ['the rule and the line', ['a', '', QUOTED, MATCHED, AGENT], 'exit code 211 (the output has a line that matches failOnOutput \'^ORA-\': ORA-00942: table or view does not exist)'],
  ['the same from a log stream, which has nothing of the agent', ['a', '', QUOTED, MATCHED], 'matches failOnOutput \'^ORA-\': ORA-00942'],
  ['what is missing', ['a', '', MISSED, AGENT], 'exit code 211 (the output has no line that matches requireOutput \'^Done\')'],
  ['what is missing, and not what the program says before it', [QUOTED, MISSED, AGENT], 'exit code 211 (the output has no line that matches requireOutput \'^Done\')'],
  ['that nothing could be judged', ['', 'cots-batch-job: the output could not be judged', AGENT], 'exit code 211 (the output could not be judged)'],
])('a mail says %s, and what to do', async (_, stderr, expected) => {
  const { text } = await report(stderr);
  expect(text).toContain(expected);
  expect(text).toContain(ADVICE);
  expect(text).not.toContain('the program\'s manual says what exit code 211 means');
});

test.each<[string, string[], Partial<JobSettings>, string]>([
  ['where the program itself has ended so', [QUOTED, MATCHED, PROGRAM, AGENT], {}, `${FIRST}: exit code 211`],
  ['where the job has no rules', [QUOTED, MATCHED, AGENT], { document: { ...document, outputRules: undefined } }, `${FIRST}: exit code 211`],
  ['where the last words are missing', [QUOTED, MATCHED, 'and more'], {}, 'exit code 211 (by its output, as failOnOutput or requireOutput say, or by itself)'],
])('what a program prints is not taken for the launcher\'s words: %s', async (_, stderr, settings, expected) => {
  const { text } = await report(stderr, settings);
  expect(text).toContain(expected);
  expect(text).not.toContain('(the output has');
  expect(text).not.toContain(ADVICE);
});

test('another exit code is the program\'s, whatever was found', async () => {
  const { text } = await report(['', QUOTED, MATCHED, 'failed to run commands: exit status 3'], {}, 3);
  expect(text).toContain(`${FIRST}: exit code 3`);
  expect(text).not.toContain('(the output has');
  // The lines themselves are among the last ones of stderr.
  expect(text).toContain(MATCHED);
});

describe('what must not be quoted', () => {
  test('the line, where the output is not quoted: the rule is', async () => {
    const { text, stderr } = await report(['secret', '', QUOTED, MATCHED, AGENT], { quoteOutput: false });
    expect(text).toContain('exit code 211 (the output has a line that matches failOnOutput \'^ORA-\')');
    expect(text).not.toContain('ORA-00942');
    expect(stderr).toBe(['[the output is not quoted: quoteOutput is false]', MATCHED, AGENT].join('\n'));
  });

  test('what the program has printed in the same words', async () => {
    const { text } = await report([`${MATCHED} secret`, QUOTED, MATCHED, AGENT], { quoteOutput: false });
    expect(text).not.toContain('secret');
    const other = await report([QUOTED, MATCHED, 'failed to run commands: exit status 3'], { quoteOutput: false }, 3);
    expect(other.text).not.toMatch(/ORA-/);
  });
});
