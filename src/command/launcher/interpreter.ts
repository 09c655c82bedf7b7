import { Token } from 'aws-cdk-lib';
import { refuse } from '../../validation';

/** What starts a script: the words before the name of its file. */
export interface Interpreter {
  readonly words: string[];

  /** The program that must be there for the script to start; a name without a slash is looked for on the script's PATH. */
  readonly program: string;

  /**
   * For a shell: the words that make it end at the first command that fails.
   *
   * @default - it is no POSIX shell, which knows no such thing
   */
  readonly failFastWords?: string[];
}

/**
 * What a login shell runs, so that it fails fast only after it has read the profile: with `-e` among its options it would end at the first
 * command of the profile that fails, and the script would never run. It reads the script itself, because a profile defines functions.
 */
const AFTER_PROFILE = ['-c', 'set -e; . "$0"'];

const DEFAULT_SHELL = '/bin/sh';

/** Names of POSIX shells, also with a version: `bash`, `ksh93`, `bash-5.2`. */
const SHELL = /^(sh|r?bash|dash|ash|hush|[rlo]?ksh|r?mksh|pdksh|loksh|posh|yash|r?zsh)([-.]?\d[\w.+-]*)?$/;

/** Programs that are many others, and take the name of one as their first word. */
const MULTI_CALL = /^(busybox|toybox)([-.]\w+)?$/;

/** Options of env that have a word of their own for their value. */
const ENV_OPTION_WITH_VALUE = /^(-[0a-z]*[uCP]|--unset|--chdir)$/;

/** What makes a shell a login shell, which reads the profile. */
const LOGIN_OPTION = /^(--login|-[a-zA-Z]*l[a-zA-Z]*)$/;

/** What env reads as an option, or as a variable for the program. */
const ENV_WORD = /^(-.*|[A-Za-z_]\w*=.*)$/;

/**
 * What starts a script.
 *
 * The kernel decides by the first line (`#!/bin/bash -u`); without one, the shell of the agent reads the script itself. Of the words
 * behind the interpreter's name the kernel makes a single one; to shells and to env they go as they were meant, which the kernel does
 * only with `env -S`.
 *
 * @param shell instead of what the first line says
 * @throws if the first line names a program that the kernel would not find.
 */
export function interpreterOf(script: string, shell?: string): Interpreter {
  const line = shell === undefined ? /^#![ \t]*([^]*?)[ \t]*$/.exec(script.split('\n', 1)[0])?.[1] : undefined;
  if (shell !== undefined || !line) {
    return shellWith([shell ?? DEFAULT_SHELL], []);
  }
  if (Token.isUnresolved(line)) {
    refuse('the first line of a script', 'must be known at synth where it names an interpreter (#!)', `#!${line}`);
  }
  const [name, argument] = /^([^ \t]+)[ \t]*([^]*)$/.exec(line)!.slice(1);
  if (!name.startsWith('/')) {
    throw new Error(`the first line of a script must name its interpreter by an absolute path, got ${JSON.stringify(`#!${line}`)}`);
  }
  const words = argument.split(/[ \t]+/).filter((word) => word !== '');
  const base = baseName(name);
  if (base === 'env') {
    return behindEnv(name, argument, words);
  }
  const applet = MULTI_CALL.test(base) ? words.slice(0, 1) : [];
  return SHELL.test(applet[0] ?? base)
    ? shellWith([name, ...applet], words.slice(applet.length))
    : { words: [name, ...argument ? [argument] : []], program: name };
}

/** The program that env starts is the first of its words that is neither an option nor a variable. */
function behindEnv(env: string, argument: string, words: string[]): Interpreter {
  const split = argument.replace(/^(-S|--split-string[= \t])[ \t]*/, '');
  if (/["'\\$#]/.test(split) || /^-[0a-zA-Z]+S/.test(argument)) {
    // As env splits it, which is not known here.
    return { words: [env, argument], program: env };
  }
  const all = split === argument ? words : split.split(/[ \t]+/).filter((word) => word !== '');
  let at = 0;
  while (at < all.length && ENV_WORD.test(all[at])) {
    at += ENV_OPTION_WITH_VALUE.test(all[at]) ? 2 : 1;
  }
  const before = [env, ...all.slice(0, at)];
  const program = all.at(at);
  if (program === undefined) {
    return { words: before, program: env };
  }
  // With options, or another PATH, env may look for it elsewhere than here.
  const lookedFor = all.slice(0, at).some((word) => /^(-|PATH=)/.test(word)) ? env : program;
  const applet = MULTI_CALL.test(baseName(program)) ? all.slice(at + 1, at + 2) : [];
  return SHELL.test(applet[0] ?? baseName(program))
    ? { ...shellWith([...before, program, ...applet], all.slice(at + 1 + applet.length)), program: lookedFor }
    : { words: [...before, ...all.slice(at)], program: lookedFor };
}

function shellWith(shell: string[], options: string[]): Interpreter {
  // A last `-` or `--` ends the options, which go on here.
  const given = /^--?$/.test(options.at(-1) ?? '') ? options.slice(0, -1) : options;
  return {
    words: [...shell, ...given],
    program: shell[0],
    failFastWords: [...shell, ...given, ...given.some((option) => LOGIN_OPTION.test(option)) ? AFTER_PROFILE : ['-e']],
  };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
