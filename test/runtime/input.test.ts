import { job } from './samples';
import { ParameterSettings, VARIABLES_PATTERN, encodeVariables } from '../../src/protocol';
import { MAX_PARAMETERS_LENGTH } from '../../src/protocol/value-rules';
import { readInput } from '../../src/runtime/input';

const VENDOR = { name: 'Vendor-Doc', own: false, parameters: {} };

function problems(parameters: { [name: string]: ParameterSettings }, input: unknown, overrides = {}): string[] {
  return readInput(job({ parameters, ...overrides }), input).problems;
}

const REQUIRED_CONSTRUCTOR = Object.fromEntries([['constructor', { type: 'String' }]]) as { [name: string]: ParameterSettings };
const TEXT: ParameterSettings = { type: 'String', default: '' };

test('values and defaults, in the order of the job', () => {
  const { values, pollIntervalSeconds, problems: none } = readInput(
    job({ parameters: { A: { type: 'String', default: 'a' }, B: TEXT, C: { type: 'Number' } } }),
    { parameters: { C: '-1.50', B: '' }, detail: 'of some event' },
  );
  expect([...values]).toEqual([['A', 'a'], ['B', ''], ['C', '-1.50']]);
  expect([pollIntervalSeconds, none]).toEqual([300, []]);
});

test('values in base64 are those of parameters, and start the same again', () => {
  const settings = job({ parameters: { A: TEXT, B: TEXT } });
  const input = readInput(settings, { parameters: { A: 'a' }, encodedParameters: { B: 'WsO8cmljaCAiIPCfkrYK' } });
  expect(input).toMatchObject({ problems: [], values: new Map([['A', 'a'], ['B', 'Z\u00fcrich " \ud83d\udcb6\n']]) });
  expect(readInput(settings, JSON.parse(input.again!)).values).toEqual(input.values);
  expect(problems({ A: { ...TEXT, allowedValues: ['x'] } }, { encodedParameters: { A: 'YQ==' } })).toEqual(['parameter A must be one of ["x"], got "a"']);
  expect(problems({ A: TEXT }, { encodedParameters: { C: 'YQ==' } })).toEqual(['parameter "C" is unknown, the job has A']);
});

test.each([
  [{ encodedParameters: null }, ['encodedParameters must be an object of names and values in base64, got null']],
  [{ encodedParameters: 'QQ==' }, ['encodedParameters must be an object of names and values in base64, got "QQ=="']],
  [{ EncodedParameters: {} }, ['the input has "EncodedParameters", which must be spelt encodedParameters']],
  [{ parameters: { A: 'a' }, encodedParameters: { A: 'YQ==' } }, ['parameter "A" must not be in parameters and in encodedParameters, got "YQ=="']],
  [{ parameters: null, encodedParameters: { A: 'YQ==' } }, ['parameters must be an object of names and values, got null']],
  ...['YQ', 'a text', 'YQ==\n', '/w==', 5, null, ['YQ==']].map((value): [object, string[]] => [
    { encodedParameters: { A: value } }, [`parameter "A" in encodedParameters must be the base64 of a text in UTF-8, got ${JSON.stringify(value)}`],
  ]),
])('input %j, with values in base64, is refused', (input, expected) => {
  expect(problems({ A: TEXT }, input)).toEqual(expected);
});

test('what cannot be decoded is not missing, too, and a sensitive value is not quoted', () => {
  expect(problems({ A: { type: 'String' } }, { encodedParameters: { A: 'YQ' } }))
    .toEqual(['parameter "A" in encodedParameters must be the base64 of a text in UTF-8, got "YQ"']);
  expect(problems({ A: { type: 'String', sensitive: true } }, { encodedParameters: { A: 'YQ' } }))
    .toEqual(['parameter "A" in encodedParameters must be the base64 of a text in UTF-8, got what may have a sensitive value in it']);
});

test.each([[{}], [null], [undefined], [{ parameters: {} }]])('%p means defaults', (input) => {
  expect(problems({ A: TEXT }, input)).toEqual([]);
});

test.each([
  [[1], 'the input must be a JSON object, got [1]'],
  ['KEYWORDS=x', 'the input must be a JSON object, got "KEYWORDS=x"'],
  [{ parameters: ['x'] }, 'parameters must be an object of names and values, got ["x"]'],
  [{ parameters: 'A=b' }, 'parameters must be an object of names and values, got "A=b"'],
  [{ parameters: null }, 'parameters must be an object of names and values, got null'],
  ...[
    5, '', null, 't', '<aws.scheduler.scheduled-time>', '2026-01-31', '02:00', '2026-01-31T02:00:00', '2026-01-31 02:00:00Z', '1769824800', 'Sat, 31 Jan 2026 02:00:00 GMT',
    '2026-02-30T02:00:00Z', '2026-02-29T02:00:00Z', '2026-13-01T02:00:00Z', '2026-01-31T25:00:00Z', '2026-01-31T02:60:00Z', '2026-01-31T02:00:00+99:00',
    ' 2026-01-31T02:00:00Z', '2026-01-31T02:00:00Z\n', ['2026-01-31T02:00:00Z'],
  ].map((value): [unknown, string] => [
    { scheduledTime: value },
    `scheduledTime must be a time in ISO 8601 with its zone, such as "2026-01-31T02:00:00Z", got ${JSON.stringify(value)}`,
  ]),
  ...[0, 1.5, 86401, '60', null, true, -1].map((value): [unknown, string] => [
    { pollIntervalSeconds: value },
    `pollIntervalSeconds must be a whole number from 1 to 86400, got ${JSON.stringify(value)}`,
  ]),
])('input %j is refused', (input, problem) => {
  expect(problems({ A: TEXT }, input)).toEqual([problem]);
});

test('the poll interval is taken', () => {
  expect(readInput(job(), { pollIntervalSeconds: 86400 }).pollIntervalSeconds).toBe(86400);
});

test.each([
  ['2026-01-31T02:00:00Z', '2026-01-31T02:00:00Z'],
  ['2026-01-31T02:00Z', '2026-01-31T02:00:00Z'],
  ['2026-01-31T02:00:00.000Z', '2026-01-31T02:00:00Z'],
  ['2026-01-31T02:00:00+00:00', '2026-01-31T02:00:00Z'],
  ['2026-01-31T03:00:00+01:00', '2026-01-31T02:00:00Z'],
  ['2026-01-30T20:30:00-05:30', '2026-01-31T02:00:00Z'],
  ['2024-02-29T02:00:00.5Z', '2024-02-29T02:00:00.500Z'],
])('the scheduled time %s is taken as %s: one time is one run, however it is written', (given, taken) => {
  expect(readInput(job(), { scheduledTime: given })).toMatchObject({ scheduledTime: taken, problems: [] });
});

describe('fields that are not ignored', () => {
  const settings = { KEYWORDS: TEXT, source: TEXT };

  test.each([
    'instanceIds', 'InstanceIds', 'instance_ids', 'instance-ids', 'INSTANCE IDS', 'instanceId', 'instances', 'targets', 'Targets', 'target', 'servers', 'hosts',
    'host', 'nodes', 'command', 'commands', 'script', 'document', 'DocumentName', 'document_version', 'runAs', 'run_as', 'environment', 'workingDirectory', 'timeout',
    'executionTimeout', 'execution-timeout-seconds', 'maxConcurrency', 'MaxErrors', 'retry', 'overlapPolicy', 'only', 'Only', 'simulate', 'testRun',
  ])('%s is refused', (name) => {
    expect(problems(settings, { [name]: ['i-1'] })).toEqual([
      `the input has "${name}", which no execution may choose: a run does all of what the job is deployed with`,
    ]);
  });

  test.each([
    ['Parameters', 'parameters'], ['PARAMETERS', 'parameters'], ['parameter', 'parameters'], ['params', 'parameters'],
    ['poll_interval_seconds', 'pollIntervalSeconds'], ['PollIntervalSeconds', 'pollIntervalSeconds'], ['pollInterval', 'pollIntervalSeconds'],
    ['scheduled_time', 'scheduledTime'], ['ScheduledTime', 'scheduledTime'], ['scheduled-time', 'scheduledTime'],
    ['Check', 'check'], ['checkOnly', 'check'], ['dryRun', 'check'], ['rerun_of', 'rerunOf'], ['rerun', 'rerunOf'],
  ])('%s is refused: it must be spelt %s', (name, meant) => {
    expect(problems(settings, { [name]: {} })).toEqual([`the input has "${name}", which must be spelt ${meant}`]);
  });

  test('a parameter beside parameters is refused', () => {
    expect(problems(settings, { KEYWORDS: 'x' })).toEqual(['the input has the job\'s parameter "KEYWORDS", which must be in parameters']);
  });

  test('whatever EventBridge sends can start a job, and other fields are ignored', () => {
    const event = {
      'version': '0',
      'id': '1',
      'detail-type': 'Object Created',
      'source': 'aws.s3',
      'account': '123456789012',
      'time': '2026-01-31T02:00:00Z',
      'region': 'eu-west-1',
      'resources': ['arn:aws:s3:::bucket'],
      'detail': { instanceIds: ['i-1'], command: 'x' },
    };
    expect(problems(settings, event)).toEqual([]);
    expect(problems(settings, { Records: [], comment: 'by hand', requestedBy: 'ops', ballast: 'x', AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: 'arn' })).toEqual([]);
  });
});

describe('JSON numbers and booleans', () => {
  const value = (type: ParameterSettings['type'], given: unknown) => {
    const { values, problems: wrong } = readInput(job({ parameters: { P: { type } } }), JSON.parse(JSON.stringify({ parameters: { P: given } })));
    return wrong[0] ?? values.get('P');
  };

  test.each([
    [0, '0'], [3, '3'], [-1, '-1'], [0.1, '0.1'], [-1.5, '-1.5'], [1e21, `1${'0'.repeat(21)}`], [1.5e22, `15${'0'.repeat(21)}`], [1e-7, '0.0000001'],
    [-1.25e-9, '-0.00000000125'], [9007199254740991, '9007199254740991'], [3.141592653589793, '3.141592653589793'],
  ])('%p is taken for a number as %s', (given, text) => {
    expect(value('Number', given)).toBe(text);
  });

  test('-0 is 0', () => {
    expect(readInput(job({ parameters: { P: { type: 'Number' } } }), JSON.parse('{"parameters":{"P":-0}}')).values.get('P')).toBe('0');
  });

  test('a number that has lost digits is refused', () => {
    const { problems: wrong } = readInput(job({ parameters: { P: { type: 'Number' } } }), JSON.parse('{"parameters":{"P":12345678901234567890}}'));
    expect(wrong).toEqual(['parameter P must be a string, because a JSON number does not keep so many digits, got 12345678901234567000']);
  });

  test('true and false are taken for a flag', () => {
    expect([value('Boolean', true), value('Boolean', false)]).toEqual(['true', 'false']);
  });

  test('anything else is refused', () => {
    expect(value('String', 5)).toBe('parameter P must be a string, got 5');
    expect(value('String', true)).toBe('parameter P must be a string, got true');
    expect(value('Number', true)).toBe('parameter P must be a decimal number, got true');
    expect(value('Number', null)).toBe('parameter P must be a decimal number, got null');
    expect(value('Boolean', 1)).toBe('parameter P must be true or false, got 1');
  });

  test('allowed values are compared as texts', () => {
    const settings = { P: { type: 'Number' as const, allowedValues: ['1', '2'] } };
    expect(problems(settings, { parameters: { P: 2 } })).toEqual([]);
    expect(problems(settings, { parameters: { P: 3 } })).toEqual(['parameter P must be one of ["1","2"], got 3']);
  });
});

test.each<[string, ParameterSettings, unknown, string]>([
  ['a number', TEXT, 5, 'must be a string, got 5'],
  ['null', TEXT, null, 'must be a string, got null'],
  ['a list', TEXT, ['a'], 'must be a string, got ["a"]'],
  ['NUL', TEXT, 'a\0', 'must have no NUL character, which an environment variable cannot hold, got "a\\u0000"'],
  ['half a character', TEXT, '\udc00', 'must be well-formed Unicode, got "\\udc00"'],
  ['no number', { type: 'Number' }, '1e3', 'must be a decimal number, got "1e3"'],
  ['a number and a line end', { type: 'Number' }, '1\n', 'must be a decimal number, got "1\\n"'],
  ['no boolean', { type: 'Boolean' }, 'True', 'must be "true" or "false", got "True"'],
  ['another value', { type: 'String', allowedValues: ['a', 'b'] }, 'c', 'must be one of ["a","b"], got "c"'],
  ['part of a match', { type: 'String', pattern: 'a|b' }, 'ab', 'must match "a|b" as a whole, got "ab"'],
  ['a line after a match', { type: 'String', pattern: '[a-z]+' }, 'a\n', 'must match "[a-z]+" as a whole, got "a\\n"'],
  ['a pattern that leaves its group', { type: 'String', pattern: 'a)|(b' }, 'axx', 'must match "a)|(b" as a whole, got "axx"'],
  ['a pattern that is none', { type: 'String', pattern: '(' }, 'a', 'must match "(" as a whole, got "a"'],
])('%s is refused', (_, settings, value, problem) => {
  expect(problems({ P: settings }, { parameters: { P: value } })).toEqual([`parameter P ${problem}`]);
});

test('a pattern that only compiles without Unicode is used, and Unicode counts characters where it does', () => {
  expect(problems({ P: { type: 'String', pattern: '[\\w-.]+' } }, { parameters: { P: 'a-b.c' } })).toEqual([]);
  expect(problems({ P: { type: 'String', pattern: '.' } }, { parameters: { P: '😀' } })).toEqual([]);
});

test('a missing required one, an unknown one and a bad one are all told', () => {
  expect(problems({ A: { type: 'String' }, B: { type: 'Number' } }, { parameters: { B: 'x', KEYWORD: 'y' } })).toEqual([
    'parameter "KEYWORD" is unknown, the job has A, B',
    'parameter A is required, got no value',
    'parameter B must be a decimal number, got "x"',
  ]);
});

test('names that every object has are parameters like others', () => {
  const hostile = JSON.parse('{"parameters":{"__proto__":"x","constructor":"y","toString":"z"}}');
  expect(problems({}, hostile)).toEqual(['__proto__', 'constructor', 'toString'].map(
    (name) => `parameter "${name}" is unknown, the job has none`,
  ));
  expect(problems(REQUIRED_CONSTRUCTOR, { parameters: {} })).toEqual(['parameter constructor is required, got no value']);
  expect(Object.prototype).not.toHaveProperty('x');
});

test('SSM would replace {{ }} in the parameters of another document, but never sees those of the job\'s own', () => {
  const input = { parameters: { P: 'x{{ssm:secret}}' } };
  expect(problems({ P: TEXT }, input, { document: VENDOR })).toEqual([
    'parameter P must not contain "{{", which SSM would replace, got "x{{ssm:secret}}"',
  ]);
  expect(problems({ P: TEXT }, input)).toEqual([]);
});

test('the agent would shorten $$ in the parameters of another document', () => {
  const input = { parameters: { P: 'US$$' } };
  expect(problems({ P: TEXT }, input, { document: VENDOR })).toEqual([
    'parameter P must not contain "$$", which the SSM agent makes "$", got "US$$"',
  ]);
  expect(problems({ P: TEXT }, input)).toEqual([]);
});

test('a default may hold {{ }}: it is the developer\'s', () => {
  expect(problems({ P: { type: 'String', default: '{{ssm:/x}}' } }, {}, { document: VENDOR })).toEqual([]);
});

test('all values together have a limit, as they travel', () => {
  const fits = Math.floor((MAX_PARAMETERS_LENGTH - 'P=,'.length) / 4) * 3;
  const size = (length: number) => problems({ A: TEXT, P: TEXT }, { parameters: { P: 'x'.repeat(length) } });
  expect(size(fits - 3)).toEqual([]);
  expect(size(fits + 3)).toEqual([expect.stringMatching(new RegExp(
    '^parameter P is too large: all parameters together may take 32000 characters in base64, they take 3\\d+, got "x+…"$',
  ))]);
  expect(problems({ P: TEXT }, { parameters: { P: '界'.repeat(11_000) } }, { document: VENDOR })).toHaveLength(1);
});

test('variables travel in base64, as the document wants them', () => {
  const values = new Map([['A', '$(reboot) {{ssm:x}}\n'], ['B_2', ''], ['C', '日本😀']]);
  const encoded = encodeVariables(values);
  expect(encoded).toMatch(new RegExp(VARIABLES_PATTERN));
  const decoded = encoded.split(',').map((entry) => /^([^=]*)=(.*)$/.exec(entry)!.slice(1))
    .map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]);
  expect(decoded).toEqual([...values]);
  expect(encodeVariables(new Map())).toBe('');
});
