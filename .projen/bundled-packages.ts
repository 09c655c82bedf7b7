import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package of npm, of which something is in a bundle. */
export interface BundledPackage {
  /** Where it is installed. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  /** By its identifier of SPDX. */
  readonly license: string;
  /** The bundles that it is in, by the names of their metafiles. */
  readonly bundles: readonly string[];
}

/** The folders of packages that inputs of a bundle are in. */
function packageFolders(metafile: string): string[] {
  const { inputs } = JSON.parse(readFileSync(metafile, 'utf8'));
  return Object.keys(inputs).flatMap((input) => /^.*\bnode_modules\/(@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []);
}

/** All that esbuild has put into the bundles, from what it says of them. */
export function bundledPackages(metafiles: string): BundledPackage[] {
  const bundlesOf = new Map<string, Set<string>>();
  for (const file of readdirSync(metafiles).filter((name) => name.endsWith('.json')).sort()) {
    for (const folder of packageFolders(join(metafiles, file))) {
      bundlesOf.set(folder, (bundlesOf.get(folder) ?? new Set()).add(file.slice(0, -'.json'.length)));
    }
  }
  return [...bundlesOf].sort(([a], [b]) => (a < b ? -1 : 1)).map(([folder, bundles]) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { folder, name, version, license, bundles: [...bundles] };
  });
}
