import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { BatchCommand } from '../../../src';
import { synth } from '../../support/synth';

/** What synth warns of in a job with this command, without the ends of the warnings. */
function warnings(command: BatchCommand | ((stack: Stack) => BatchCommand)): string[] {
  const { stack } = synth((scope) => ({ command: typeof command === 'function' ? command(scope) : command }));
  return Annotations.fromStack(stack).findWarning('/Stack/Job', Match.anyValue()).map(({ entry }) => String(entry.data));
}

const FIRST_LINE = expect.stringContaining('names its interpreter (#!) too late');
const BYTE_ORDER_MARK = expect.stringContaining('begins with a byte order mark');
const LINE_ENDS = expect.stringContaining('has line ends of Windows (CR LF)');

test.each([
  ['a line break, as in a template literal', '\n#!/bin/bash\necho', [FIRST_LINE]],
  ['line breaks', '\n\n \t\n#!/bin/bash\necho', [FIRST_LINE]],
  ['blanks', '  #!/bin/bash\necho', [FIRST_LINE]],
  ['a tab', '\t#!/usr/bin/python3\nprint()', [FIRST_LINE]],
  ['a comment', '# Copyright\n#\n#!/bin/bash\necho', [FIRST_LINE]],
  ['a byte order mark', '\uFEFF#!/bin/bash\necho', [BYTE_ORDER_MARK]],
  ['a byte order mark and a line break', '\uFEFF\n#!/bin/bash\necho', [BYTE_ORDER_MARK]],
  ['a line break of Windows', '\r\n#!/bin/bash\r\necho\r\n', [FIRST_LINE, LINE_ENDS]],
])('a first line after %s is warned of', (_what, script, expected) => {
  expect(warnings(BatchCommand.shell(script))).toEqual(expected);
});

test.each([
  ['everywhere', 'echo a\r\necho b\r\n'],
  ['in the first line', '#!/bin/bash\r\necho a\necho b\n'],
  ['in the last line', 'echo a\necho b\r\n'],
  ['in the only line, which is not ended', 'bin/index.sh\r'],
])('line ends of Windows are warned of: %s', (_what, script) => {
  expect(warnings(BatchCommand.shell(script))).toEqual([LINE_ENDS]);
});

test('a byte order mark is warned of, whoever reads the script', () => {
  expect(warnings(BatchCommand.shell('\uFEFFecho a', { shell: '/bin/bash' }))).toEqual([BYTE_ORDER_MARK]);
});

test('beside tokens, too', () => {
  expect(warnings((stack) => BatchCommand.shell(`\n#!/bin/bash\r\necho ${new CfnParameter(stack, 'Site').valueAsString}`))).toEqual([FIRST_LINE, LINE_ENDS]);
});

test.each([
  ['no first line for the kernel', '\n  bin/index.sh\n# the end\n'],
  ['one that stands where it should', '#!/bin/bash\n\n# comment\necho a'],
  ['one with a blank behind it', '#! /bin/bash\necho a'],
  ['one of a script that it writes', 'cat >start.sh <<END\n#!/bin/sh\nEND\n'],
  ['one of a script that it writes behind a comment', '# comment\ncat >start.sh <<END\n#!/bin/sh\nEND\n'],
  ['a CR within a line', 'printf "a\rb"\nprintf "\\r\\n"\n'],
  ['a byte order mark later', 'echo \uFEFFa'],
])('nothing is warned of in a script with %s', (_what, script) => {
  expect(warnings(BatchCommand.shell(script))).toEqual([]);
});

test('nothing is warned of where the shell is given, which reads the script whatever its first line says', () => {
  expect(warnings(BatchCommand.shell('\n#!/usr/bin/python3\n', { shell: '/bin/bash' }))).toEqual([]);
});

test('PowerShell takes all of this', () => {
  expect(warnings(BatchCommand.powerShell('\uFEFF\r\n#!/usr/bin/pwsh\r\n'))).toEqual([]);
});
