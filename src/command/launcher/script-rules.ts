import { Annotations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import {
  ALREADY_RUNNING_EXIT_CODE, ALREADY_STARTED_EXIT_CODE, INTERRUPTED_EXIT_CODE, NOT_STARTED_EXIT_CODE, OUTPUT_RULE_EXIT_CODE,
} from '../../protocol';
import { isKnown, refuse } from '../../validation';
import { ScriptCommandOptions } from '../batch-command-options';
import { checkVariableName } from '../environment-variable';

const MAX_SHELL_EXIT_CODE = 255;
const LAUNCHER_EXIT_CODES = [ALREADY_RUNNING_EXIT_CODE, ALREADY_STARTED_EXIT_CODE, INTERRUPTED_EXIT_CODE, NOT_STARTED_EXIT_CODE];

/**
 * Checks a script, and the options that every script has.
 */
export function checkScript(script: string, options: ScriptCommandOptions): void {
  if (typeof script !== 'string') {
    refuse('the script of a command', 'must be a string', script);
  }
  if (isKnown(script) && script.trim() === '') {
    refuse('the script of a command', 'must not be empty', script);
  }
  checkText('the script of a command', script);
  if (options.successExitCodes?.some((code) => LAUNCHER_EXIT_CODES.includes(code))) {
    refuse('successExitCodes', `must have no exit code of the launcher (${LAUNCHER_EXIT_CODES.join(', ')})`, options.successExitCodes);
  }
  for (const [name, value] of Object.entries(options.environment ?? {})) {
    checkVariableName('environment', name);
    if (typeof value !== 'string') {
      refuse(`environment ${name}`, 'must be a string', value);
    }
    checkText(`environment ${name}`, value);
  }
}

/** What is written to a file in UTF-8, and read by a shell. */
function checkText(what: string, text: string): void {
  if (isKnown(text) && text.includes('\0')) {
    refuse(what, 'must not contain a NUL character', text);
  }
  if (isKnown(text) && /\p{Surrogate}/u.test(text)) {
    refuse(what, 'must be well-formed Unicode', text);
  }
}

/** A `#!` that is not where the kernel looks for it: behind blanks, empty lines, comments, or a byte order mark. */
const MISPLACED_INTERPRETER = /^(?!#!)(?:[\uFEFF\s]|#(?!!).*\n)+#!/;

/**
 * Warns of what a shell script may begin and end its lines with, but hardly ever should. A template literal that begins with a line
 * break is enough, or an editor on Windows.
 *
 * @param shell the prop: it reads the script whatever its first line says
 */
export function warnOfScript(scope: Construct, script: string, shell: string | undefined): void {
  if (script.startsWith('\uFEFF')) {
    Annotations.of(scope).addWarningV2('cdk-cots-batch-job:byteOrderMark',
      'the script of the command begins with a byte order mark: its first line is neither taken for an interpreter (#!) nor for a command');
  } else if (shell === undefined && MISPLACED_INTERPRETER.test(script)) {
    Annotations.of(scope).addWarningV2('cdk-cots-batch-job:firstLine',
      'the script of the command names its interpreter (#!) too late: only the very first characters of a script do that, ' +
      'no blank, line break or comment before them. As it is, /bin/sh reads the script');
  }
  if (/\r(\n|$)/.test(script)) {
    Annotations.of(scope).addWarningV2('cdk-cots-batch-job:lineEnds',
      'the script of the command has line ends of Windows (CR LF): to a shell the CR is a part of the last word of each line, ' +
      'and to the kernel a part of the interpreter\'s name');
  }
}

/**
 * Checks that no variable is set both at synth and by a run, or from a secret.
 */
export function checkNotTwice(options: ScriptCommandOptions, parameterNames: string[], secretNames: string[]): void {
  for (const [prop, names] of Object.entries({ parameters: parameterNames, secrets: secretNames })) {
    const twice = Object.keys(options.environment ?? {}).find((name) => names.includes(name));
    if (twice !== undefined) {
      refuse(`the variable ${twice}`, `must be either in environment or in ${prop}`, names);
    }
  }
}

/** Larger codes would never be seen. */
export function checkShellExitCodes(codes: number[], hasOutputRules: boolean): void {
  if (hasOutputRules && codes.includes(OUTPUT_RULE_EXIT_CODE)) {
    refuse('successExitCodes', `must not have ${OUTPUT_RULE_EXIT_CODE}, by which the launcher says that failOnOutput or requireOutput has decided`, codes);
  }
  if (codes.some((code) => code > MAX_SHELL_EXIT_CODE)) {
    refuse('successExitCodes', `must not be larger than ${MAX_SHELL_EXIT_CODE}, the largest exit code of a shell`, codes);
  }
}

export function checkPosixPath(prop: string, path: string | undefined): void {
  checkAbsolutePath(prop, path, /^\/[^\0\n\r]*$/);
}

export function checkWindowsPath(prop: string, path: string | undefined): void {
  checkAbsolutePath(prop, path, /^([A-Za-z]:[\\/]|\\\\[^\\])[^\0\n\r]*$/);
}

function checkAbsolutePath(prop: string, path: string | undefined, pattern: RegExp): void {
  if (isKnown(path) && !pattern.test(path)) {
    refuse(prop, 'must be an absolute path', path);
  }
}
