import { ListCommandInvocationsCommand } from '@aws-sdk/client-ssm';
import { forget, lines, look, ssm } from './poll-once';
import { EXECUTION, FIRST, invocation, statusRequest } from './samples';
import { handler } from '../../src/runtime/get-status.lambda';
import { createLog, visibleErrors } from '../../src/runtime/handler';
import { describeError } from '../../src/runtime/send-error';

const HOSTILE = 'one\r\ntwo\u001b[31m\u001b]0;\u0085three\u2028four\u202e\u200b\u061c\u{e0041}\ufeff\ud800';
const HIDDEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\ufeff]|[\u{e0000}-\u{e0fff}]|\p{Surrogate}/u;

beforeEach(forget);
afterEach(() => jest.restoreAllMocks());

test('an error that a handler throws: it goes into the cause of the execution, and into a mail', async () => {
  ssm.on(ListCommandInvocationsCommand).rejects(Object.assign(new Error(HOSTILE), { name: 'ValidationException' }));
  const error: Error = await handler(statusRequest()).then(() => new Error('no error'), (thrown) => thrown);
  expect(error.name).toBe('ValidationException');
  expect(error.message).toBe('one two]0; three four');
  expect(error.stack).not.toMatch(HIDDEN);
});

test('and its trace, which has the message once more', async () => {
  const thrown = new Error(HOSTILE);
  thrown.stack = `Error: ${HOSTILE}\n    at watch (index.js:1:2)`;
  const error: Error = await visibleErrors(async () => { throw thrown; })({}).then(() => new Error('no error'), (caught) => caught);
  expect(error).toBe(thrown);
  expect(error.stack).toBe('Error: one\ntwo]0;\nthree\nfour\n    at watch (index.js:1:2)');
});

test('an error that a handler tells of', () => {
  expect(describeError(new Error(HOSTILE))).toBe('Error: one two]0; three four');
});

test('a log has it to the letter, and visibly', () => {
  const written: string[] = [];
  createLog('GetStatus', `${EXECUTION}\u202e`, (line) => written.push(line))('odd', { said: HOSTILE });
  expect(written[0]).not.toMatch(HIDDEN);
  expect(written[0]).not.toContain('\n');
  expect(JSON.parse(written[0])).toMatchObject({ said: HOSTILE, executionId: `${EXECUTION}\u202e` });
});

test('what SSM calls an instance and its status', async () => {
  const status = await look([invocation(FIRST, 'Failed', 3, { StatusDetails: `Evaporated${HOSTILE}` })]);
  expect(status.result.failures[0].status).toBe('unknown status Evaporatedone two]0; three four');
  expect(JSON.stringify({ ...status, run: undefined })).not.toMatch(HIDDEN);
  expect(lines.join('')).not.toMatch(HIDDEN);
});
