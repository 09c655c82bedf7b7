import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { inflateRawSync } from 'node:zlib';

/** Files by their path, with slashes, in an archive or a folder. */
export type Files = Map<string, Buffer>;

/** Wheels and JARs. @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
export function filesOfZip(path: string): Files {
  const zip = readFileSync(path);
  const files: Files = new Map();
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  for (let count = zip.readUInt16LE(end + 10), at = zip.readUInt32LE(end + 16); count > 0; count--) {
    const method = zip.readUInt16LE(at + 10);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    if (!name.endsWith('/')) {
      const header = zip.readUInt32LE(at + 42);
      const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
      const data = zip.subarray(start, start + zip.readUInt32LE(at + 20));
      files.set(name, method === 0 ? data : inflateRawSync(data));
    }
    at += 46 + nameLength + extraLength + commentLength;
  }
  return files;
}

/** The tarballs of npm, and source distributions. */
export function filesOfTar(path: string): Files {
  const folder = mkdtempSync(join(tmpdir(), 'cots-batch-job-'));
  try {
    const { status, stderr } = spawnSync('tar', ['-xzf', path, '-C', folder], { encoding: 'utf8' });
    if (status !== 0) {
      throw new Error(`tar must extract ${path}, ended with ${status}: ${stderr}`);
    }
    return filesOfFolder(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The files of a folder. */
export function filesOfFolder(folder: string): Files {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((file) => [relative(folder, file), readFileSync(file)]));
}
