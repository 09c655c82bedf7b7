/**
 * Makes the links of the README absolute in the jsii assembly, from which PyPI, NuGet and Construct Hub show it: they do not know where
 * the README was, and docs/ is in no package. The file itself keeps relative links, which lead to the same commit: GitHub and npm resolve
 * them.
 *
 * Usage: ts-node readme-links.ts ASSEMBLY
 */
import { readFileSync, writeFileSync } from 'node:fs';

const BRANCH = 'main';

/** @param repository such as `https://github.com/owner/name.git` */
export function withAbsoluteLinks(markdown: string, repository: string): string {
  const page = repository.replace(/\.git$/, '');
  const absolute = (path: string, isPicture: boolean) => {
    if (/^(#|[a-z][a-z+.-]*:)/i.test(path)) {
      return path;
    }
    return isPicture ? `${page.replace('//github.com/', '//raw.githubusercontent.com/')}/${BRANCH}/${path}` : `${page}/blob/${BRANCH}/${path}`;
  };
  return markdown
    .replace(/(!?)(\[[^\]]*\])\(([^)\s]+)\)/g, (_, mark: string, text: string, path: string) => `${mark}${text}(${absolute(path, mark === '!')})`)
    .replace(/\b(src|srcset|href)="([^"]+)"/g, (_, attribute: string, path: string) => `${attribute}="${absolute(path, attribute !== 'href')}"`);
}

if (require.main === module) {
  const [, , file] = process.argv;
  const assembly = JSON.parse(readFileSync(file, 'utf8')) as { readme: { markdown: string }; repository: { url: string } };
  assembly.readme.markdown = withAbsoluteLinks(assembly.readme.markdown, assembly.repository.url);
  writeFileSync(file, JSON.stringify(assembly, undefined, 2));
}
