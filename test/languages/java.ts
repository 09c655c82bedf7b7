import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Language } from './language';
import { DIST } from '../packed/packed';

/** Maven's repository of this clone, see .projenrc.ts. */
const REPOSITORY = resolve(__dirname, '../../.cache/maven');
const ARTIFACT = 'io/github/cotsbatchjob/cdk-cots-batch-job';

export const java: Language = {
  name: 'Java',
  folder: 'java',
  tools: [['javac', '-version'], ['mvn', '--version']],
  badInput: ['mvn', '-e', '-q', 'compile', 'exec:java', '-Dexec.mainClass=com.example.BadInput'],
  runtime: /^Java\/[\d.]+$/,
  async install(folder) {
    // Maven would not look again for a version that it has: the packed artifact is put where it would be downloaded to.
    rmSync(join(REPOSITORY, ARTIFACT), { recursive: true, force: true });
    cpSync(join(DIST, 'java', ARTIFACT), join(REPOSITORY, ARTIFACT), { recursive: true });
    // Before 3.9, Maven splits the lines of this file at blanks.
    symlinkSync(REPOSITORY, folder.file('repository'));
    mkdirSync(folder.file('.mvn'));
    writeFileSync(folder.file('.mvn', 'maven.config'), '-Dmaven.repo.local=repository\n');
    await folder.succeed('mvn', ['-e', '-q', 'compile']);
  },
};
