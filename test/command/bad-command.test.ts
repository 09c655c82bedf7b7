import { BatchCommand, DocumentCommandOptions, JobParameter, PowerShellCommandOptions, ShellCommandOptions } from '../../src';
import { synth } from '../support/synth';

/** What TypeScript would refuse, and other languages let through. */
const untyped = (value: unknown) => value as never;

const CODES_RULE = 'must be different whole numbers of 0 or more, at least one';

describe.each([['shell', BatchCommand.shell], ['powerShell', BatchCommand.powerShell]])('a script of %s', (_what, make) => {
  test.each([
    ['no text', untyped(undefined), 'must be a string, got undefined'],
    ['lines', untyped(['a', 'b']), 'must be a string, got ["a","b"]'],
    ['nothing', '', 'must not be empty, got ""'],
    ['only blanks', ' \n\t', 'must not be empty, got " \\n\\t"'],
    ['a NUL', 'a\0b', 'must not contain a NUL character, got "a\\u0000b"'],
    ['half of a character', 'a\ud83d', 'must be well-formed Unicode, got "a\\ud83d"'],
  ])('with %s', (_, script, message) => {
    expect(() => make(script)).toThrow(new Error(`the script of a command ${message}`));
  });

  test.each([
    ['no success exit code', [], `${CODES_RULE}, got []`],
    ['one twice', [0, 0], `${CODES_RULE}, got [0,0]`],
    ['a negative one', [-1], `${CODES_RULE}, got [-1]`],
    ['a fraction', [0.5], `${CODES_RULE}, got [0.5]`],
    ...[212, 213, 214, 215].map((code): [string, number[], string] => [
      `${code} of the launcher`, [0, code], `must have no exit code of the launcher (212, 213, 214, 215), got [0,${code}]`,
    ]),
  ])('with %s', (_, successExitCodes, message) => {
    expect(() => make('x', { successExitCodes })).toThrow(new Error(`successExitCodes ${message}`));
  });

  test.each([
    ['a NUL', 'a\0', 'environment MODE must not contain a NUL character, got "a\\u0000"'],
    ['half of a character', 'a\ud83d', 'environment MODE must be well-formed Unicode, got "a\\ud83d"'],
    ['a number', untyped(1), 'environment MODE must be a string, got 1'],
    ['nothing', untyped(undefined), 'environment MODE must be a string, got undefined'],
  ])('with %s in a variable', (_, value, message) => {
    expect(() => make('x', { environment: { MODE: value } })).toThrow(new Error(message));
  });

  test('that is larger than an SSM document', () => {
    expect(() => synth({ command: make('x'.repeat(64 * 1024)) }))
      .toThrow(/^the SSM document of a command must not be larger than 65536 bytes; keep the program on the instance, got \d+$/);
    // Characters do not count, bytes do.
    expect(() => synth({ command: make('ä'.repeat(32 * 1024)) })).toThrow(/^the SSM document of a command must not be larger/);
  });
});

describe('a shell script', () => {
  test.each<[string, ShellCommandOptions, string]>([
    ['in a relative folder', { workingDirectory: 'opt/crawler' }, 'workingDirectory must be an absolute path, got "opt/crawler"'],
    ['in no folder', { workingDirectory: '' }, 'workingDirectory must be an absolute path, got ""'],
    [
      'in a folder with a line break', { workingDirectory: '/opt\nrm' },
      'workingDirectory must be an absolute path, got "/opt\\nrm"',
    ],
    ['in a folder with a NUL', { workingDirectory: '/opt\0' }, 'workingDirectory must be an absolute path, got "/opt\\u0000"'],
    ['of a shell without a path', { shell: 'bash' }, 'shell must be an absolute path, got "bash"'],
    ...['', '-x', 'a b', 'a;id', '$(id)', '1a', 'a\n', 'ä'].map((runAs): [string, ShellCommandOptions, string] => [
      `of the user ${JSON.stringify(runAs)}`, { runAs }, `runAs must be the name of a user, got ${JSON.stringify(runAs)}`,
    ]),
    [
      'with an exit code that no shell has', { successExitCodes: [0, 256] },
      'successExitCodes must not be larger than 255, the largest exit code of a shell, got [0,256]',
    ],
  ])('%s', (_what, options, message) => {
    expect(() => BatchCommand.shell('x', options)).toThrow(new Error(message));
  });

  test('whose first line names a program that the kernel would not find', () => {
    expect(() => synth({ command: BatchCommand.shell('#!python3\nprint(1)') }))
      .toThrow(new Error('the first line of a script must name its interpreter by an absolute path, got "#!python3"'));
  });
});

describe('a PowerShell script', () => {
  test.each<[string, PowerShellCommandOptions, string]>([
    ['in a relative folder', { workingDirectory: 'crawler' }, 'workingDirectory must be an absolute path, got "crawler"'],
    [
      'in a folder of the current drive', { workingDirectory: '\\crawler' },
      'workingDirectory must be an absolute path, got "\\\\crawler"',
    ],
    ['in a folder of Linux', { workingDirectory: '/opt' }, 'workingDirectory must be an absolute path, got "/opt"'],
    [
      'in a folder with a line break', { workingDirectory: 'C:\\a\nb' },
      'workingDirectory must be an absolute path, got "C:\\\\a\\nb"',
    ],
  ])('%s', (_what, options, message) => {
    expect(() => BatchCommand.powerShell('x', options)).toThrow(new Error(message));
  });

  test('has variables that Windows can hold', () => {
    expect(() => BatchCommand.powerShell('x', { environment: { SITES: 'x'.repeat(32_767) } }))
      .toThrow(/^environment SITES must not be longer than 32766 characters on Windows \(it has 32767\), got "x+\.\.\.$/);
    expect(() => BatchCommand.powerShell('x', { environment: { SITES: 'x'.repeat(32_766) } })).not.toThrow();
    expect(() => BatchCommand.shell('x', { environment: { SITES: 'x'.repeat(40_000) } })).not.toThrow();
  });

  test('may end with any exit code of Windows', () => {
    expect(synth({ command: BatchCommand.powerShell('x', { successExitCodes: [0, 3221225786] }) }).settings.successExitCodes)
      .toEqual([0, 3221225786]);
  });
});

describe('a document', () => {
  test.each<[string, string, DocumentCommandOptions, string]>([
    ['without a name', '', {}, 'the document of a command must be the name or ARN of an SSM document, got ""'],
    [
      'with a blank in its name', 'Run it', {},
      'the document of a command must be the name or ARN of an SSM document, got "Run it"',
    ],
    [
      'with a long name', 'a'.repeat(129), {},
      `the document of a command must be the name or ARN of an SSM document, got "${'a'.repeat(116)}...`,
    ],
    ['in version 0', 'Run', { version: '0' }, 'version must be $LATEST, $DEFAULT or a number, got "0"'],
    ['in an unknown version', 'Run', { version: 'latest' }, 'version must be $LATEST, $DEFAULT or a number, got "latest"'],
    [
      'with a value that is no list', 'Run', { parameters: { Sites: untyped('a') } },
      'the document\'s parameter Sites must be a list of strings, got "a"',
    ],
    [
      'with a value that is no text', 'Run', { parameters: { Depth: untyped([3]) } },
      'the document\'s parameter Depth must be a list of strings, got [3]',
    ],
    ['with a negative success exit code', 'Run', { successExitCodes: [-1] }, `successExitCodes ${CODES_RULE}, got [-1]`],
  ])('%s', (_what, nameOrArn, options, message) => {
    expect(() => BatchCommand.document(nameOrArn, options)).toThrow(new Error(message));
  });

  test.each<[string, string, DocumentCommandOptions, string]>([
    [
      'fixed and by a run', 'Run', { parameters: { Sites: ['a'] } },
      'the document\'s parameter Sites must be set in one place only, got ["Sites","Sites"]',
    ],
    [
      'fixed and by executionTimeout', 'AWS-RunShellScript', { parameters: { executionTimeout: ['60'] } },
      'the document\'s parameter executionTimeout must be set in one place only, '
        + 'got ["executionTimeout","Sites","executionTimeout"]',
    ],
    [
      'by a run and by executionTimeout', 'Run', { executionTimeoutParameter: 'Sites' },
      'the document\'s parameter Sites must be set in one place only, got ["Sites","Sites"]',
    ],
  ])('a parameter that is set twice: %s', (_what, nameOrArn, options, message) => {
    const parameters = { Sites: JobParameter.string({ pattern: '[a-z]+' }) };
    expect(() => synth({ command: BatchCommand.document(nameOrArn, options), parameters })).toThrow(new Error(message));
  });

  test.each<[string, DocumentCommandOptions, string]>([
    // In the state machine it would be a JSON path.
    ['fixed', { parameters: { 'Path.$': ['$.job'] } }, 'Path.$'],
    ['fixed, and empty', { parameters: { '': [] } }, ''],
    ['of the execution timeout', { executionTimeoutParameter: 'max-seconds' }, 'max-seconds'],
    ['of the job', {}, 'MAX_DEPTH'],
  ])('a parameter whose name no document can have: %s', (_what, options, name) => {
    const parameters = name === 'MAX_DEPTH' ? { MAX_DEPTH: JobParameter.number() } : undefined;
    expect(() => synth({ command: BatchCommand.document('Run', options), parameters }))
      .toThrow(new Error(`the document's parameter ${name} must have letters and digits only, got "${name}"`));
  });
});
