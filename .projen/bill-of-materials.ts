/**
 * Writes what is in the bundles as a bill of materials, by CycloneDX 1.6, for scanners of vulnerabilities: they see no package in a bundle.
 * It has no time and no serial number, so that the same bundles give the same file.
 *
 * Usage: ts-node bill-of-materials.ts FOLDER-OF-METAFILES OUTPUT
 *
 * @see https://cyclonedx.org/docs/1.6/json/
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { BundledPackage, bundledPackages } from './bundled-packages';

/** @see https://github.com/package-url/purl-spec/blob/main/types-doc/npm-definition.md */
function packageUrl({ name, version }: { readonly name: string; readonly version: string }): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function component({ name, version, license, bundles }: BundledPackage): object {
  const [group, ownName] = name.startsWith('@') ? name.split('/') : [undefined, name];
  const purl = packageUrl({ name, version });
  return {
    'type': 'library',
    'bom-ref': purl,
    ...group === undefined ? {} : { group },
    'name': ownName,
    version,
    'licenses': [{ license: { id: license } }],
    purl,
    'properties': bundles.map((value) => ({ name: 'cdk-cots-batch-job:bundle', value })),
  };
}

const [folder, output] = process.argv.slice(2);
const { name, description, license, version } = JSON.parse(readFileSync('package.json', 'utf8'));
// Two copies of a version are one component.
const components = new Map<string, BundledPackage>();
for (const found of bundledPackages(folder)) {
  const purl = packageUrl(found);
  const bundles = [...new Set([...components.get(purl)?.bundles ?? [], ...found.bundles])].sort();
  components.set(purl, { ...found, bundles });
}
const self = packageUrl({ name, version });
const refs = [...components.keys()].sort();
writeFileSync(output, `${JSON.stringify({
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: {
    component: { 'type': 'library', 'bom-ref': self, name, version, description, 'licenses': [{ license: { id: license } }], 'purl': self },
  },
  components: refs.map((ref) => component(components.get(ref)!)),
  dependencies: [{ ref: self, dependsOn: refs }],
}, undefined, 2)}\n`);
