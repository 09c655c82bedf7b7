import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** An agent's environment, as far as it decides what bytes are a character. */
export type Locale = { readonly [name: string]: string };

/** In these the second byte of a character may be a backslash, a brace or a quote. */
const DANGEROUS = [['ja_JP', 'SHIFT_JIS'], ['zh_TW', 'BIG5']] as const;

/**
 * The locales that programs are started in: those that every machine has, and those that can be made here, in a folder.
 */
export function locales(folder: string): Locale[] {
  const made = DANGEROUS.filter(([language, charset]) => {
    const locale = join(folder, `${language}.${charset}`);
    // It warns of exactly what we want them for, with an exit code of 1.
    return (spawnSync('localedef', ['-c', '-i', language, '-f', charset, locale]).status ?? 2) <= 1;
  });
  return [
    {},
    { LC_ALL: 'C.UTF-8' },
    { LC_ALL: '', LANG: 'C.UTF-8', LC_CTYPE: 'POSIX' },
    ...made.map(([language, charset]) => ({ LOCPATH: folder, LC_ALL: `${language}.${charset}` })),
  ];
}
