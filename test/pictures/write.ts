/** Writes the pictures of README and docs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawArchitecture } from './architecture';
import { drawStateMachine } from './state-machine';
import { tenLines } from './ten-lines';
import { Palette, SCHEMES } from './theme';

const FOLDER = join(__dirname, '../../docs/pictures');

function write(name: string, draw: (palette: Palette) => string): void {
  for (const [suffix, palette] of Object.entries(SCHEMES)) {
    writeFileSync(join(FOLDER, `${name}${suffix}.svg`), draw(palette));
  }
}

const job = tenLines();
write('state-machine', drawStateMachine(job.definition));
write('architecture', drawArchitecture(job));
