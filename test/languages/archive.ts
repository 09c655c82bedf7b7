import { spawnSync } from 'child_process';
import { readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import { inflateRawSync } from 'zlib';

/** The files in an archive or a folder, by path. */
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

/** The tarballs of npm and source distributions. */
export function filesOfTar(path: string): Files {
  const tar = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('tar', args, { maxBuffer: 64 * 1024 * 1024 });
    if (status !== 0) {
      throw new Error(`tar ${args.join(' ')} ended with ${status}: ${stderr}`);
    }
    return stdout;
  };
  const names = tar('-tzf', path).toString().split('\n').filter((name) => name !== '' && !name.endsWith('/'));
  return new Map(names.map((name) => [name, tar('-xzOf', path, name)]));
}

/** The folder of a module. */
export function filesOfFolder(path: string): Files {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(entries.map((entry) => [join(entry.parentPath, entry.name), readFileSync(join(entry.parentPath, entry.name))]));
}
