/**
 * Writes the licences of all that esbuild has put into the bundles, from what esbuild says of them (metafiles), so that the list
 * cannot go stale. The same bundles give the same file.
 *
 * Usage: ts-node third-party-licenses.ts FOLDER-OF-METAFILES OUTPUT
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BundledPackage, bundledPackages } from './bundled-packages';

interface Package {
  readonly title: string;
  readonly text: string;
}

/** Licences that let the code be passed on in a package under Apache-2.0. */
const ACCEPTED = ['Apache-2.0', 'MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD'];

const HEAD = 'The bundles in the folder assets of this package contain the software below. This list is written when they are made.';

function readPackage({ folder, name, version, license }: BundledPackage): Package {
  if (!ACCEPTED.includes(license)) {
    throw new Error(`the licence of ${name} must be one of ${ACCEPTED.join(', ')}, got ${license}`);
  }
  const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').replace(/\r\n/g, '\n').trim());
  if (texts.length === 0) {
    if (license !== 'Apache-2.0') {
      throw new Error(`the package ${name} must have its licence ${license} in a file`);
    }
    // Apache-2.0 says the same everywhere: the text of this project's licence.
    texts.push(readFileSync('LICENSE', 'utf8').trim());
  }
  return { title: `${name} ${version} (${license})`, text: texts.join('\n\n') };
}

const [folder, output] = process.argv.slice(2);
const packages = bundledPackages(folder).map(readPackage);
const titles = (text: string) => [...new Set(packages.filter((one) => one.text === text).map(({ title }) => title))];
const chapters = [...new Set(packages.map(({ text }) => text))].map((text) => `${titles(text).join('\n')}\n\n${text}`);
writeFileSync(output, `${[HEAD, ...chapters].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
