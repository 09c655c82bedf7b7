import { BatchCommand, JobParameter } from '../src';
import { JobProps, synth } from './support/synth';

/** A job with one parameter, `SITES`. */
const job = (parameter: () => JobParameter, command = BatchCommand.shell('x')) => () =>
  synth({ command, parameters: { SITES: parameter() } });

describe('a parameter', () => {
  test.each<[string, () => JobParameter, string]>([
    [
      'a pattern that is none', () => JobParameter.string({ pattern: '[a-z' }),
      'pattern must be a regular expression, got "[a-z"',
    ],
    [
      'a pattern that may take for ever', () => JobParameter.string({ pattern: '(?=(a+)+b).*' }),
      'pattern must not look ahead or behind ((?=), which takes more than linear time, got "(?=(a+)+b).*"',
    ],
    [
      'a pattern that refers to itself', () => JobParameter.string({ pattern: '(a*)*\\1' }),
      'pattern must not refer to what matched before (\\1), which takes more than linear time, got "(a*)*\\\\1"',
    ],
    [
      'a default that is too long to be sent', () => JobParameter.string({ pattern: 'y+', default: 'x'.repeat(32_001) }),
      'the default of parameter SITES is too large: all parameters together may take 32000 characters in base64, they take 42675, '
      + `got "${'x'.repeat(116)}...`,
    ],
    [
      'an allowed value that is too long to be sent', () => JobParameter.string({ allowedValues: ['a', 'x'.repeat(24_000)] }),
      'an allowed value of parameter SITES is too large: all parameters together may take 32000 characters in base64, they take 32007, '
      + `got "${'x'.repeat(116)}...`,
    ],
    ['no allowed values', () => JobParameter.string({ allowedValues: [] }), 'allowedValues must have at least one value, got []'],
    [
      'no allowed numbers', () => JobParameter.number({ allowedValues: [] }),
      'allowedValues must have at least one value, got []',
    ],
    [
      'a default that breaks the pattern', () => JobParameter.string({ pattern: '[a-z]+', default: 'a1' }),
      'the default of parameter SITES must match "[a-z]+" as a whole, got "a1"',
    ],
    [
      'a default that matches only one line of the pattern', () => JobParameter.string({ pattern: '[a-z]+', default: 'a\n' }),
      'the default of parameter SITES must match "[a-z]+" as a whole, got "a\\n"',
    ],
    [
      'a default that is not allowed', () => JobParameter.string({ allowedValues: ['a', 'b'], default: 'c' }),
      'the default of parameter SITES must be one of ["a","b"], got "c"',
    ],
    [
      'a default with a NUL', () => JobParameter.string({ default: 'a\0' }),
      'the default of parameter SITES must have no NUL character, which an environment variable cannot hold, got "a\\u0000"',
    ],
    [
      'an allowed value that breaks the pattern', () => JobParameter.string({ pattern: '[a-z]+', allowedValues: ['a', '1'] }),
      'an allowed value of parameter SITES must match "[a-z]+" as a whole, got "1"',
    ],
    [
      'no number', () => JobParameter.number({ default: NaN }),
      'the default of parameter SITES must be a decimal number, got "NaN"',
    ],
    [
      'no end', () => JobParameter.number({ default: Infinity }),
      'the default of parameter SITES must be a decimal number, got "Infinity"',
    ],
    [
      'a number that has no decimal digits', () => JobParameter.number({ default: 1e21 }),
      'the default of parameter SITES must be a decimal number, got "1e+21"',
    ],
    [
      'a number that is not allowed', () => JobParameter.number({ default: 3, allowedValues: [1, 2] }),
      'the default of parameter SITES must be one of ["1","2"], got "3"',
    ],
  ])('with %s', (_what, parameter, message) => {
    expect(job(parameter)).toThrow(new Error(message));
  });
});

describe('a parameter of a document that exists, which may run it as code', () => {
  const command = BatchCommand.document('RunVendorJob');

  test.each<[string, () => JobParameter, string]>([
    [
      'without a rule', () => JobParameter.string({ default: 'a' }),
      'parameter SITES must have a pattern or allowedValues, because a document may run its parameters as code, '
        + 'got {"type":"String","default":"a"}',
    ],
    [
      'with a default that SSM would replace', () => JobParameter.string({ pattern: '.*', default: '{{ssm:secret}}' }),
      'the default of parameter SITES must not contain "{{", which SSM would replace, got "{{ssm:secret}}"',
    ],
    [
      'with an allowed value that SSM would replace', () => JobParameter.string({ allowedValues: ['{{ssm:secret}}'] }),
      'an allowed value of parameter SITES must not contain "{{", which SSM would replace, got "{{ssm:secret}}"',
    ],
  ])('%s', (_what, parameter, message) => {
    expect(job(parameter, command)).toThrow(new Error(message));
  });
});

describe('the name of a variable', () => {
  const reserved = [
    'IFS', 'ENV', 'BASH_ENV', 'PS4', 'UID', '_', 'AWS_SSM_X', 'COTS_BATCH_JOB_X', 'BASH_FUNC_X', 'RANDOM', 'HISTCMD', 'GROUPS', 'SECONDS',
  ];
  const reservedForParameters = [
    'PATH', 'HOME', 'SHELL', 'USER', 'LOGNAME', 'PATHEXT', 'PSMODULEPATH', 'COMSPEC', 'LD_PRELOAD', 'DYLD_X', '__proto__',
  ];
  const malformed = ['', '1A', 'A-B', 'A B', 'A=B', 'Ä', 'A\n', 'A.B', '$(id)'];
  const rule = 'must not be reserved for the shell, the loader or SSM';

  test.each([...reserved, ...reservedForParameters])('%p is not for parameters', (name) => {
    expect(() => synth({ parameters: { [name]: JobParameter.string() } }))
      .toThrow(new Error(`a name in parameters ${rule}, got "${name}"`));
  });

  test.each(reserved)('%p is not for environment', (name) => {
    expect(() => BatchCommand.shell('x', { environment: { [name]: '' } }))
      .toThrow(new Error(`a name in environment ${rule}, got "${name}"`));
    expect(() => BatchCommand.powerShell('x', { environment: { [name]: '' } }))
      .toThrow(new Error(`a name in environment ${rule}, got "${name}"`));
  });

  test.each(reservedForParameters)('%p may be set in environment, where it is the user\'s own choice', (name) => {
    expect(() => BatchCommand.shell('x', { environment: { [name]: '/opt' } })).not.toThrow();
  });

  test.each(malformed)('%p is malformed', (name) => {
    const message = `must match ^[A-Za-z_][A-Za-z0-9_]{0,127}$, got ${JSON.stringify(name)}`;
    expect(() => synth({ parameters: { [name]: JobParameter.string() } })).toThrow(new Error(`a name in parameters ${message}`));
    expect(() => BatchCommand.shell('x', { environment: { [name]: '' } })).toThrow(new Error(`a name in environment ${message}`));
  });

  test.each([
    ['shell', BatchCommand.shell],
    ['powerShell', BatchCommand.powerShell],
  ])('is in environment or in parameters, not in both: %s', (_what, make) => {
    const props: JobProps = {
      command: make('x', { environment: { SITES: 'a' } }),
      parameters: { DEPTH: JobParameter.number(), SITES: JobParameter.string() },
    };
    expect(() => synth(props))
      .toThrow(new Error('the variable SITES must be either in environment or in parameters, got ["DEPTH","SITES"]'));
  });
});

describe('the name of a variable, where Windows takes upper and lower case for the same', () => {
  test.each(['Path', 'pathext', 'PSModulePath', 'ComSpec', 'aws_ssm_x'])('%s is not for parameters of PowerShell', (name) => {
    const parameters = { [name]: JobParameter.string() };
    expect(() => synth({ command: BatchCommand.powerShell('x'), parameters }))
      .toThrow(new Error(`a name in parameters must not be reserved for the shell, the loader or SSM, got "${name}"`));
    expect(() => synth({ parameters })).not.toThrow();
  });

  test('two variables must differ in more', () => {
    const parameters = { SITES: JobParameter.string() };
    const environment = { Sites: 'a' };
    expect(() => synth({ command: BatchCommand.powerShell('x', { environment }), parameters })).toThrow(new Error(
      'the variable SITES must not differ from another one in case only, which Windows ignores, got ["Sites","SITES"]'));
    expect(() => synth({ command: BatchCommand.shell('x', { environment }), parameters })).not.toThrow();
  });
});
