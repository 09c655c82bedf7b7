import { fuzz, generate, report } from './fuzz';
import { isScript, SCRIPT } from './scripts';
import { allValues, isPossible, VALUE } from './values';
import { Way } from './way';
import { BatchCommand, JobParameter } from '../../src';
import { powerShellLauncher } from '../../src/command/launcher/powershell';
import { scriptOf, valueOf } from '../command/launcher/powershell-text';
import { find } from '../support/shells';

const GENERATED = 10_000;
const SCRIPTS = 2_000;

const VARIABLES = 'foreach ($variable in \'{{ Variables }}\'.Split(\',\')) {';
const RUN = '$run = \'{{ RunId }}\'';
const BEFORE = '$before = \'{{ StartBefore }}\'';
const CHECK = '$check = \'{{ Check }}\' -ne \'\'';

beforeAll(() => report(`PowerShell: nothing is run, ${find('pwsh') === undefined ? 'there is none here' : 'the one here is not Windows PowerShell 5.1'}; `
  + 'only the text of its launcher is checked'));

const references = (lines: string[]) => lines.filter((line) => line.includes('{{'));

fuzz('a value is never outside base64 in single quotes, and changes no other line', async () => {
  const way = new Way({ command: BatchCommand.powerShell('exit 0'), parameters: { TEXT: JobParameter.string(), FLAG: JobParameter.flag({ default: true }) } });
  expect(references(way.template)).toEqual([RUN, BEFORE, CHECK, VARIABLES]);
  const values = allValues(GENERATED).filter(isPossible);
  for (const TEXT of values) {
    const { parameters } = await way.start({ executionName: `x${TEXT}`, input: { parameters: { TEXT } } });
    const [base64] = parameters!.Variables;
    expect(base64).toMatch(/^TEXT=[A-Za-z0-9+/]*={0,2},FLAG=dHJ1ZQ==$/);
    expect(Buffer.from(base64.slice('TEXT='.length, -',FLAG=dHJ1ZQ=='.length), 'base64').equals(Buffer.from(TEXT))).toBe(true);
    const filled = new Map([
      [VARIABLES, `foreach ($variable in '${base64}'.Split(',')) {`],
      [RUN, `$run = '${parameters!.RunId[0]}'`],
      [BEFORE, '$before = \'\''],
      [CHECK, '$check = \'\' -ne \'\''],
    ]);
    expect(way.lines(parameters!)).toEqual(way.template.map((line) => filled.get(line) ?? line));
    expect(parameters!.StartBefore[0]).toMatch(/^[0-9]+$/);
    expect(parameters!.RunId[0]).toMatch(/^[A-Za-z0-9._-]+$/);
  }
  report(`PowerShell: ${values.length} values stay inside base64`);
});

fuzz('a script is in the document as PowerShell will read it back', () => {
  const scripts = generate(SCRIPT, SCRIPTS).filter(isScript);
  for (const script of scripts) {
    const lines = powerShellLauncher({ script, failFast: true, jobKey: 'Job', parameterNames: [] });
    expect(scriptOf(lines)).toBe(script);
    expect(references(lines)).toEqual([RUN, BEFORE, CHECK, VARIABLES]);
  }
  report(`PowerShell: ${scripts.length} scripts read back from the text of the launcher`);
});

fuzz('a fixed variable is in the document as PowerShell will read it back', () => {
  for (const value of generate(VALUE, SCRIPTS).filter(isPossible)) {
    const lines = powerShellLauncher({ script: 'exit 0', failFast: true, jobKey: 'Job', parameterNames: [], environment: { A: value, END: '' } });
    const text = lines.join('\n');
    expect(references(lines)).toEqual([RUN, BEFORE, CHECK, VARIABLES]);
    const begin = text.indexOf('$env:A = ') + '$env:A = '.length;
    expect(valueOf(text.slice(begin, text.lastIndexOf('\n$env:END = ')))).toBe(value);
  }
});
