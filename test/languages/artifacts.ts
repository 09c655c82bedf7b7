import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isTested } from './toolchains';
import { Files, filesOfFolder, filesOfTar, filesOfZip } from '../packed/archive';
import { DIST, packed } from '../packed/packed';

/** What the build has packed for a language. */
export interface Artifact {
  readonly title: string;
  readonly language: string;
  readonly files: Files;
  /** Whether the examples install it. */
  readonly installed: boolean;
  /** In bytes: of an archive itself, of a folder the sum of its files. */
  readonly size: number;
}

const JAVA = 'java/io/github/cotsbatchjob/cdk-cots-batch-job';

function archive(title: string, language: string, path: string, read: (path: string) => Files): Artifact {
  return { title, language, files: read(path), size: statSync(path).size, installed: true };
}

function folder(title: string, language: string, path: string): Artifact {
  const files = filesOfFolder(path);
  return { title, language, files, size: [...files.values()].reduce((sum, content) => sum + content.length, 0), installed: true };
}

/** In the folder of the only version. */
function jar(): string {
  const [version] = readdirSync(join(DIST, JAVA)).filter((name) => /^\d/.test(name));
  return join(DIST, JAVA, version, `cdk-cots-batch-job-${version}.jar`);
}

const MAKERS: [language: string, make: (language: string) => Artifact][] = [
  ['TypeScript', (language) => archive('npm package', language, packed('js', '.tgz'), filesOfTar)],
  ['Python', (language) => archive('wheel', language, packed('python', '.whl'), filesOfZip)],
  ['Python', (language) => ({ ...archive('source distribution', language, packed('python', '.tar.gz'), filesOfTar), installed: false })],
  ['Java', (language) => archive('Maven artifact', language, jar(), filesOfZip)],
  ['Go', (language) => folder('Go module', language, join(DIST, 'go/cotsbatchjob'))],
  ['C#', (language) => ({ ...folder('code, not built', language, join(DIST, 'dotnet/CotsBatch.Cdk')), installed: false })],
];

/** What the build has packed, the npm package first. */
export function artifacts(): Artifact[] {
  return MAKERS.filter(([language]) => isTested(language)).map(([language, make]) => make(language));
}
