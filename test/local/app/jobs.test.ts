import { CloudAssembly } from '../../../src/local/app/cloud-assembly';
import { jobsOf, selectJob } from '../../../src/local/app/jobs';
import { removeFolders, stateMachine, synthesize } from '../run/synthesized-app';

afterAll(removeFolders);

const DEFINITION = { StartAt: 'A', States: { A: { Type: 'Succeed' } } };
const PATHS = { 'App/NightlyIndex/Workflow/Resource': 'JobWorkflow1234', 'App/Other/Resource': 'Other1234' };

function jobs(options: Parameters<typeof synthesize>[1], path?: string) {
  const resources = { JobWorkflow1234: stateMachine(DEFINITION, { path }), Other1234: stateMachine(DEFINITION) };
  return jobsOf(CloudAssembly.read(synthesize({ App: { Resources: resources } }, options)));
}

test.each([
  ['the manifest', { paths: PATHS }],
  ['the file that the manifest names', { paths: PATHS, metadataFile: 'App.metadata.json' }],
])('jobs of an app without paths in its template have those in %s', (_, options) => {
  const found = jobs(options);

  expect(found.map(({ path }) => path)).toEqual(['App/NightlyIndex', 'App/Other']);
  expect(selectJob(found, 'NightlyIndex').stateMachine.logicalId).toBe('JobWorkflow1234');
});

test('the path in the template comes first', () => {
  expect(jobs({ paths: PATHS }, 'App/Weekly/Workflow/Resource')[0].path).toBe('App/Weekly');
});

test('without any path, a job is found by its logical id', () => {
  const found = jobs({});

  expect(found.map(({ path }) => path)).toEqual(['App.JobWorkflow1234', 'App.Other1234']);
  expect(selectJob(found, 'JobWorkflow1234')).toBe(found[0]);
});

test.each(['OutcomeEvents', 'StartWatch'])('what stands beside a job (%s) is none that must be chosen from, and can be named', (id) => {
  const paths = { 'App/NightlyIndex/Workflow/Resource': 'JobWorkflow1234', [`App/NightlyIndex/${id}/Resource`]: 'Other1234' };
  const found = jobs({ paths });

  expect(selectJob(found).path).toBe('App/NightlyIndex');
  expect(selectJob(found, id)).toBe(found[1]);
  expect(() => selectJob(jobs({ paths: PATHS }))).toThrow('--job must say which');
});
