import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const ROOT = join(__dirname, '../../..');
const HANDLERS = ['send-command', 'get-status', 'close-run'];
/** Other work on the machine can only slow them down, so that the fastest counts. */
export const REPEATS = 15;

/** Prints how long it takes to load a file, in milliseconds. */
const LOAD = 'const start = performance.now(); require(process.argv[1]); process.stdout.write(String(performance.now() - start));';

/** What it takes to load a handler. */
export interface HandlerRow {
  readonly handler: string;
  readonly bytes: number;
  readonly gzipBytes: number;
  /** Milliseconds, in a fresh Node process. */
  readonly load: number;
  /** The same for the same handler with an SDK that is not bundled. */
  readonly unbundledLoad: number;
}

/** Loads each bundle, and the same handler with the SDK as npm installs it, in turns, each time in a fresh process. */
export function measureHandlers(): HandlerRow[] {
  const folder = mkdtempSync(join(tmpdir(), 'bench-handlers-'));
  try {
    return HANDLERS.map((handler) => {
      const folderOfBundle = join(ROOT, `assets/runtime/${handler}.lambda`);
      const bundle = join(folderOfBundle, 'index.js');
      const unbundled = withoutSdk(handler, folder);
      const times = Array.from({ length: REPEATS }, () => [load(bundle), load(unbundled)]);
      const code = Buffer.concat(readdirSync(folderOfBundle).map((file) => readFileSync(join(folderOfBundle, file))));
      return {
        handler,
        bytes: code.length,
        gzipBytes: gzipSync(code).length,
        load: Math.min(...times.map(([time]) => time)),
        unbundledLoad: Math.min(...times.map(([, time]) => time)),
      };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function withoutSdk(handler: string, folder: string): string {
  const file = join(folder, handler, 'index.js');
  execFileSync('esbuild', [
    join(ROOT, `src/runtime/${handler}.lambda.ts`), '--bundle', '--minify', '--platform=node', '--target=node20', '--packages=external',
    '--log-level=warning', `--outfile=${file}`,
  ], { stdio: 'inherit' });
  return file;
}

function load(file: string): number {
  const env = { PATH: process.env.PATH, NODE_PATH: join(ROOT, 'node_modules'), NODE_NO_WARNINGS: '1', AWS_REGION: 'us-east-1' };
  return Number(execFileSync(process.execPath, ['-e', LOAD, file], { env, encoding: 'utf8' }));
}
