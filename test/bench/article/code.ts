import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Bundles the hand-wired handlers as ours are bundled, and puts them where a stack takes them from. */
export function bundleHandlers(folder: string): string {
  execFileSync('esbuild', [
    join(__dirname, 'handlers.ts'), '--bundle', '--minify', '--platform=node', '--target=node20', '--main-fields=module,main',
    '--log-level=warning', `--outfile=${join(folder, 'index.js')}`,
  ], { stdio: 'inherit' });
  return folder;
}
