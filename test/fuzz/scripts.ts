import { VALUE, isPossible } from './values';
import { array, Arbitrary, boolean, constantFrom, oneof, record, string } from '../support/seeded';

/** What a script is put together from, that might end a here-document, be a reference of SSM, or get lost. */
const FRAGMENTS = [
  '{', '{{', '{{{', '}}', '~', '~~', '{~{', '{~~{', '{{ RunId }}', '{{ Variables }}', '{{executionTimeout}}', '{{ssm:x}}', '{{.Names}}', 'END_OF_SCRIPT',
  'END_OF_SCRIPT_', 'END_OF_PROGRAM', 'END_OF_PROGRAM_', 'END_OF_SCRIPT\n', '\nEND_OF_SCRIPT\n', '\nEND_OF_PROGRAM\n', '\nEND_OF_SCRIPT', '\'@', '"@', '@\'',
  '\u2019@', '\n\'@', '\r\'@', '\u2028\'@', '<<EOF\n', '\nEOF\n', '<<\'END_OF_SCRIPT\'', '\n', '\n\n', '\r\n', '\r', '\t', ' ', '\\', '\\\n', '\'', '"', '`', '$(', ')',
  '$', '$$', '!', '#', '#!/bin/sh', '}', 'start "$@"', 'start() {', 'exit 1', '; touch owned', '$(touch owned)', '%s', '\\n', '\\0', '\x01', '\x04', '\x1a', '\x7f',
  'é', '東京', '💶', '\u2018', '\u2019', '\u201b', '\ufeff', '\u0085', '\u{10ffff}', 'echo a', 'if x; then', 'done',
];

/** Scripts: a few fragments, or many, or any text. Some begin as scripts do, and end without, with one, or with several line feeds. */
export const SCRIPT: Arbitrary<string> = record({
  begin: constantFrom('', '', '', '#!/bin/bash -e\n', '#!/usr/bin/env bash\r\n', '#!/usr/bin/perl\n', '\ufeff', '\n', '-n', '~', '{'),
  body: oneof(
    { weight: 5, arbitrary: array(constantFrom(...FRAGMENTS), { minLength: 1, maxLength: 8 }).map((parts) => parts.join('')) },
    { weight: 2, arbitrary: array(constantFrom(...FRAGMENTS), { minLength: 50, maxLength: 150 }).map((parts) => parts.join('')) },
    { weight: 2, arbitrary: VALUE },
    { weight: 1, arbitrary: string({ unit: 'binary', maxLength: 100 }) },
  ),
  end: constantFrom('', '', '\n', '\n\n\n', '\r\n', ' ', '\\', '{', '~'),
}).map(({ begin, body, end }) => begin + body + end);

/** Whether the construct takes the script: what it does not take is no script, or could not be written to a file. */
export function isScript(text: string): boolean {
  return text.trim() !== '' && isPossible(text);
}

/** How else a script may be started. */
export const OPTIONS = record({ failFast: boolean(), isMarked: boolean(), isLocked: boolean() });
