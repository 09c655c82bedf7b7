import { fuzz, report } from './fuzz';
import { allValues, isPossible } from './values';
import { startJob } from './way';
import { BatchCommand, JobParameter } from '../../src';
import { DocumentStore } from '../../src/local/services/ssm/documents';
import { resolveParameters, substitute } from '../../src/local/services/ssm/parameters';
import { synth } from '../support/synth';

const GENERATED = 10_000;

/** A document of somebody else: it takes the value as a line of its own, and within another one. */
const { content } = new DocumentStore(() => 0).register({
  name: 'VendorJob',
  content: {
    schemaVersion: '2.2',
    parameters: { Sites: { type: 'String' } },
    mainSteps: [{ action: 'aws:runShellScript', name: 'run', inputs: { runCommand: ['{{ Sites }}', 'index --sites={{Sites}} --all'] } }],
  },
});

fuzz('a document that is not the job\'s own gets a value as it is, or not at all', async () => {
  // The pattern allows everything: what is refused is refused because SSM would alter it.
  const { settings } = synth({
    command: BatchCommand.document('VendorJob'),
    parameters: { Sites: JobParameter.string({ pattern: '[^]*' }) },
  });
  const values = allValues(GENERATED);
  let identical = 0;
  for (const value of values) {
    const { parameters, cause } = await startJob(settings, { input: { parameters: { Sites: value } } });
    if (parameters === undefined) {
      expect([value, isPossible(value) && !value.includes('{{') && !value.includes('$$')]).toEqual([value, false]);
      expect(cause).toMatch(/^The input was refused: parameter Sites must /);
    } else {
      expect(substitute(content.steps[0].inputs, resolveParameters(content, parameters)))
        .toEqual({ runCommand: [value, `index --sites=${value} --all`] });
      identical++;
    }
  }
  expect(identical).toBeGreaterThan(values.length / 3);
  report(`document of somebody else: ${identical} values identical, ${values.length - identical} refused`);
});
