import { CDK_VERSION, CONSTRUCTS_VERSION, Language } from './language';
import { packed } from '../packed/packed';

const VIRTUAL_ENVIRONMENT = '.venv';

export const python: Language = {
  name: 'Python',
  folder: 'python',
  tools: [['python3', '-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))']],
  bins: [`${VIRTUAL_ENVIRONMENT}/bin`],
  badInput: ['python3', 'bad_input.py'],
  runtime: /^Python\/3\.[\d.]+$/,
  async install(folder) {
    await folder.succeed('python3', ['-m', 'venv', VIRTUAL_ENVIRONMENT]);
    await folder.succeed('pip', ['install', '--quiet', packed('python', '.whl'), `aws-cdk-lib==${CDK_VERSION}`, `constructs==${CONSTRUCTS_VERSION}`]);
  },
};
