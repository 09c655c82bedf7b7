import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** What npm packs. */
export interface PackageSize {
  readonly tarballBytes: number;
  /** Unpacked. It brings no dependencies along. */
  readonly installedBytes: number;
}

/** Measures the package as it is compiled, without packing it. */
export function measurePackage(): PackageSize {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: join(__dirname, '../..'), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ size, unpackedSize }] = JSON.parse(output) as { size: number; unpackedSize: number }[];
  return { tarballBytes: size, installedBytes: unpackedSize };
}
