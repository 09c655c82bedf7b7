import { join } from 'node:path';
import { Language } from './language';
import { DIST } from '../packed/packed';

const MODULE = 'github.com/cots-batch-job/cdk-cots-batch-job-go/cotsbatchjob';

export const go: Language = {
  name: 'Go',
  folder: 'go',
  tools: [['go', 'version']],
  badInput: ['go', 'run', './badinput'],
  runtime: /^go[\d.]+\/\w+\/\w+$/,
  async install(folder) {
    await folder.succeed('go', ['mod', 'edit', '-replace', `${MODULE}=${join(DIST, 'go', 'cotsbatchjob')}`]);
    await folder.succeed('go', ['mod', 'tidy']);
  },
};
