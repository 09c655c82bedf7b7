/** Writes the pictures of README and docs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawArchitecture } from './architecture';
import { demoTranscript, drawDemo, runDemo } from './demo';
import { drawMail } from './mail';
import { runNightlyBilling } from './nightly-billing';
import { normalizer } from './normalize';
import { drawStateMachine } from './state-machine';
import { tenLines } from './ten-lines';
import { Palette, SCHEMES } from './theme';
import { drawTimeline } from './timeline';

const FOLDER = join(__dirname, '../../docs/pictures');

function write(name: string, draw: (palette: Palette) => string): void {
  for (const [suffix, palette] of Object.entries(SCHEMES)) {
    writeFileSync(join(FOLDER, `${name}${suffix}.svg`), draw(palette));
  }
}

async function main(): Promise<void> {
  const job = tenLines();
  write('state-machine', drawStateMachine(job.definition));
  write('architecture', drawArchitecture(job));

  const startedAt = Date.now();
  const transcript = demoTranscript(runDemo(), startedAt);
  writeFileSync(join(FOLDER, 'demo.svg'), drawDemo(transcript)(SCHEMES['-dark']));

  const { result, events } = await runNightlyBilling();
  const normalize = normalizer(Date.parse(result.startDate));
  const [notification] = JSON.parse(normalize(JSON.stringify(result.notifications)));
  write('mail', drawMail(notification));
  write('timeline', drawTimeline(result, events));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
