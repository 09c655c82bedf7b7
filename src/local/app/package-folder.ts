import * as fs from 'node:fs';
import * as path from 'node:path';

/** The folder of this package, as well from its sources as from the bundle of the command line. */
export function packageFolder(): string {
  let folder = __dirname;
  while (!fs.existsSync(path.join(folder, 'package.json'))) {
    folder = path.dirname(folder);
  }
  return folder;
}
