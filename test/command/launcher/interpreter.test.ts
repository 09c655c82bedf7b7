import { interpreterOf } from '../../../src/command/launcher/interpreter';

/** The words before the file: as they are, and where the script is to end at the first command that fails. */
const words = (script: string, shell?: string) => {
  const interpreter = interpreterOf(script, shell);
  return [interpreter.words.join('·'), interpreter.failFastWords?.join('·')];
};

test.each([
  ['echo', '/bin/sh'],
  ['# a comment\n#!/bin/bash', '/bin/sh'],
  ['\n#!/bin/bash', '/bin/sh'],
  [' #!/bin/bash', '/bin/sh'],
  ['#!\necho', '/bin/sh'],
  ['#! \t\necho', '/bin/sh'],
  ['#!/bin/bash\necho', '/bin/bash'],
  ['#! \t/usr/bin/ksh93/ksh \t-u \necho', '/usr/bin/ksh93/ksh·-u'],
  ['#!/bin/ksh93', '/bin/ksh93'],
  ['#!/usr/local/bin/bash-5.2', '/usr/local/bin/bash-5.2'],
  ['#!/usr/bin/zsh-5.9', '/usr/bin/zsh-5.9'],
  ['#!/bin/mksh', '/bin/mksh'],
  ['#!/usr/bin/yash', '/usr/bin/yash'],
  ['#!/bin/busybox sh', '/bin/busybox·sh'],
  ['#!/bin/busybox ash -u', '/bin/busybox·ash·-u'],
  ['#!/usr/bin/env bash', '/usr/bin/env·bash'],
  ['#!/usr/bin/env -S bash -eu', '/usr/bin/env·bash·-eu'],
  ['#!/usr/bin/env --split-string=bash -eu', '/usr/bin/env·bash·-eu'],
  ['#!/usr/bin/env NAME=v bash', '/usr/bin/env·NAME=v·bash'],
  ['#!/usr/bin/env -S -u HOME -i A=1 B= bash -u', '/usr/bin/env·-u·HOME·-i·A=1·B=·bash·-u'],
  ['#!/usr/bin/env busybox sh', '/usr/bin/env·busybox·sh'],
])('%j is for the shell %s', (script, shell) => {
  expect(words(script)).toEqual([shell, `${shell}·-e`]);
});

test.each([
  ['#!/bin/sh -', '/bin/sh', '/bin/sh·-e'],
  ['#!/bin/bash -u --', '/bin/bash·-u', '/bin/bash·-u·-e'],
])('%j becomes %s, and %s where it is to end at the first command that fails', (script, plain, failFast) => {
  expect(words(script)).toEqual([plain, failFast]);
});

test.each([
  ['#!/bin/bash -l', '/bin/bash·-l'],
  ['#!/bin/bash --login', '/bin/bash·--login'],
  ['#!/bin/sh -ul', '/bin/sh·-ul'],
  ['#!/bin/bash -u -l -x', '/bin/bash·-u·-l·-x'],
  ['#!/bin/busybox sh -l', '/bin/busybox·sh·-l'],
  ['#!/usr/bin/env -S bash -l -u', '/usr/bin/env·bash·-l·-u'],
])('%j reads the profile as %s, and only then is it to end at the first command that fails', (script, login) => {
  expect(words(script)).toEqual([login, `${login}·-c·set -e; . "$0"`]);
});

test.each(['#!/bin/bash -u', '#!/bin/ksh -o allexport', '#!/bin/bash --norc'])('%j reads no profile', (script) => {
  expect(words(script)[1]).toMatch(/·-e$/);
});

test.each([
  ['#!/usr/bin/python3\nprint()', '/usr/bin/python3'],
  ['#!/usr/bin/python3 -u -E\nprint()', '/usr/bin/python3·-u -E'],
  ['#!/usr/bin/perl -w', '/usr/bin/perl·-w'],
  ['#!/usr/bin/awk -f', '/usr/bin/awk·-f'],
  ['#!/usr/bin/env python3', '/usr/bin/env·python3'],
  ['#!/usr/bin/env -S python3 -u', '/usr/bin/env·python3·-u'],
  ['#!/usr/bin/env -S bash -c "echo a b"', '/usr/bin/env·-S bash -c "echo a b"'],
  ['#!/usr/bin/env -vS bash', '/usr/bin/env·-vS bash'],
  ['#!/bin/busybox awk -f', '/bin/busybox·awk -f'],
  ['#!/bin/bash\r\necho', '/bin/bash\r'],
  ['#!/bin/csh', '/bin/csh'],
])('%j is started as the kernel does: %s', (script, expected) => {
  expect(words(script)).toEqual([expected, undefined]);
});

test.each([
  ['#!/usr/bin/env bash', 'bash'],
  ['#!/usr/bin/env -S bash -u', 'bash'],
  ['#!/usr/bin/env A=1 bash', 'bash'],
  ['#!/usr/bin/env -S A=1 PATH=/opt/bin bash', '/usr/bin/env'],
  ['#!/usr/bin/env -S -i bash', '/usr/bin/env'],
  ['#!/bin/busybox sh', '/bin/busybox'],
  ['#!/usr/bin/python3', '/usr/bin/python3'],
])('%j needs %s', (script, program) => {
  expect(interpreterOf(script).program).toBe(program);
});

test('a shell that is chosen reads the script, whatever the first line says', () => {
  expect(words('#!/usr/bin/python3\n', '/bin/bash')).toEqual(['/bin/bash', '/bin/bash·-e']);
});

test.each(['#! -', '#!bash', '#!\\bin\\bash'])('a program that the kernel would not find is refused: %j', (script) => {
  expect(() => interpreterOf(script))
    .toThrow(`the first line of a script must name its interpreter by an absolute path, got ${JSON.stringify(script.replace(/^#! ?/, '#!'))}`);
});
