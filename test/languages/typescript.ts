import { writeFileSync } from 'node:fs';
import { CDK_VERSION, CONSTRUCTS_VERSION, Language } from './language';
import { packed } from '../packed/packed';

export const typescript: Language = {
  name: 'TypeScript',
  folder: 'typescript',
  tools: [['node', '--version'], ['npm', '--version']],
  badInput: ['npx', 'ts-node', 'bad-input.ts'],
  runtime: /^node\.js\/v[\d.]+$/,
  async install(folder) {
    writeFileSync(folder.file('package.json'), JSON.stringify({ name: 'nightly', private: true }));
    const tools = ['ts-node@10.9.2', 'typescript@5.9.3', '@types/node@20'];
    await folder.succeed('npm', [
      'install', '--no-audit', '--no-fund', packed('js', '.tgz'), `aws-cdk-lib@${CDK_VERSION}`, `constructs@${CONSTRUCTS_VERSION}`, ...tools,
    ]);
  },
};
