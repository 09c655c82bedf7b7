import { readdirSync, statSync } from 'fs';
import { join } from 'path';
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

/** All that the build has packed, the npm package first. */
export function artifacts(): Artifact[] {
  const [version] = readdirSync(join(DIST, JAVA)).filter((name) => /^\d/.test(name));
  return [
    archive('npm package', 'TypeScript', packed('js', '.tgz'), filesOfTar),
    archive('wheel', 'Python', packed('python', '.whl'), filesOfZip),
    { ...archive('source distribution', 'Python', packed('python', '.tar.gz'), filesOfTar), installed: false },
    archive('Maven artifact', 'Java', join(DIST, JAVA, version, `cdk-cots-batch-job-${version}.jar`), filesOfZip),
    folder('Go module', 'Go', join(DIST, 'go/cotsbatchjob')),
    { ...folder('code, not built', 'C#', join(DIST, 'dotnet/CotsBatch.Cdk')), installed: false },
  ];
}
