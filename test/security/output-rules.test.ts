import { CANARY, expectNoValue, polled, settings } from './told';
import { JobSettings, OUTPUT_RULE_EXIT_CODE } from '../../src/protocol';
import { FIRST, invocation } from '../runtime/samples';

/**
 * The attacker reads what is reported of a run that failed by its output: the line that a rule has found may have a sensitive value in it, also
 * one that the launcher has cut.
 */

const withRules: Partial<JobSettings> = { document: { ...settings.document, outputRules: true } };
const MATCHED = 'cots-batch-job: the output has a line that matches failOnOutput \'^ORA-\'\nfailed to run commands: exit status 211';
const invocations = async () => [invocation(FIRST, 'Failed', OUTPUT_RULE_EXIT_CODE)];
const say = (line: string) => polled({ invocations, stepOutput: async () => ({ stdout: '', stderr: `\ncots-batch-job: line: ${line}\n${MATCHED}` }) }, withRules);

test('a value in the line', async () => {
  const { text, status } = await say(`ORA-01017: no licence ${CANARY}!`);
  expectNoValue(text);
  expect(status?.cause).toContain('(the output has a line that matches failOnOutput \'^ORA-\': ORA-01017: no licence ***!)');
});

test.each(['', '\ufffd'])('a value that was cut with the line, before %j', async (half) => {
  for (let length = 4; length < CANARY.length; length++) {
    const { text, status } = await say(`ORA-01017: no licence ${CANARY.slice(0, length)}${half} ...`);
    expectNoValue(text);
    expect(text).not.toContain('cAn4');
    expect(status?.cause).toMatch(/no licence \*{3}[ \ufffd]+\.\.\./);
  }
});
