import { spawnSync } from 'node:child_process';
import { go } from './go';
import { java } from './java';
import { Language } from './language';
import { python } from './python';
import { typescript } from './typescript';

const LANGUAGES = [typescript, python, java, go];

/** The languages whose toolchain is on this machine. */
export const here: Language[] = [];

/** The others, and the commands that are missing. */
export const absent: { readonly language: Language; readonly tools: string }[] = [];

for (const language of LANGUAGES) {
  const missing = language.tools.filter(([command, ...args]) => spawnSync(command, args).status !== 0);
  if (missing.length === 0) {
    here.push(language);
  } else {
    absent.push({ language, tools: missing.map((tool) => tool.join(' ')).join(' and ') });
  }
}

/** For tests of a language that is absent: where the project is checked, none may be left out. */
export const testOfAbsent = process.env.CI ? test : test.skip;

/** Whether a language is tested without its toolchain, and fails. */
export function isTested(name: string): boolean {
  return Boolean(process.env.CI) || !absent.some(({ language }) => language.name === name);
}
