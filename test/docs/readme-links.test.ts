import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pageAt, ROOT } from './pages';
import { withAbsoluteLinks } from '../../.projen/readme-links';

const REPOSITORY = 'https://github.com/cots-batch-job/cdk-cots-batch-job.git';
const absolute = (markdown: string) => withAbsoluteLinks(markdown, REPOSITORY);

test.each([
  ['[limits](docs/limits.md#windows)', '[limits](https://github.com/cots-batch-job/cdk-cots-batch-job/blob/main/docs/limits.md#windows)'],
  ['![a run](docs/pictures/a.svg)', '![a run](https://raw.githubusercontent.com/cots-batch-job/cdk-cots-batch-job/main/docs/pictures/a.svg)'],
  ['<img alt="" src="docs/a.svg">', '<img alt="" src="https://raw.githubusercontent.com/cots-batch-job/cdk-cots-batch-job/main/docs/a.svg">'],
  ['<a href="docs/limits.md">', '<a href="https://github.com/cots-batch-job/cdk-cots-batch-job/blob/main/docs/limits.md">'],
  ['<source srcset="docs/a.svg">', '<source srcset="https://raw.githubusercontent.com/cots-batch-job/cdk-cots-batch-job/main/docs/a.svg">'],
])('%s leads to the repository', (relative, expected) => {
  expect(absolute(relative)).toBe(expected);
});

test.each(['[why](#why)', '[AWS](https://aws.amazon.com)', '[us](mailto:us@example.com)', '<a href="#why">'])('%s stays', (link) => {
  expect(absolute(link)).toBe(link);
});

test('all links of the README lead to files of the repository then', () => {
  const targets = [...absolute(pageAt('README.md').prose).matchAll(/(?:\]\(|(?:src|srcset|href)=")([^)"\s]+)/g)].map(([, target]) => target);
  expect(targets.filter((target) => !/^(https:\/\/|#)/.test(target))).toEqual([]);
  const files = targets.flatMap((target) => /\/cots-batch-job\/cdk-cots-batch-job\/(?:blob\/)?main\/([^#]+)/.exec(target)?.[1] ?? []);
  expect(files.length).toBeGreaterThan(30);
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});
