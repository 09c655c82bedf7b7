import * as fs from 'node:fs';
import { CloudAssembly } from './cloud-assembly';
import { UnresolvedValueError, UsageError } from './errors';
import { Resource } from './template';
import { StatesDefinition } from '../services/states/definition';

/** A state machine of the app: a job, or a workflow that starts jobs. */
export interface Job {
  /** Where the construct is in the app, as a person would say it. */
  readonly path: string;
  readonly stateMachine: Resource;
  readonly arn: string;
  readonly roleArn: string;
}

/** What constructs add to their own path for the state machine inside of them. */
const INNER_PATH = /(\/(StateMachine|Workflow))?(\/Resource)*$/;

/** All state machines of the app, in the order of its stacks. */
export function jobsOf(assembly: CloudAssembly): Job[] {
  return assembly.resources('AWS::StepFunctions::StateMachine').map((stateMachine) => ({
    path: stateMachine.constructPath.replace(INNER_PATH, '') || stateMachine.label,
    stateMachine,
    // Only the job that runs has to have a role and a name that are known here.
    get arn() {
      return stateMachine.ref;
    },
    get roleArn() {
      return stateMachine.text('RoleArn') ?? '';
    },
  }));
}

/**
 * The job that is meant.
 *
 * @param wanted A construct path, the last parts of one, or a logical id; not needed if the app has one state machine but for those beside it
 * @param unread What of the app is not known here, where the job may be
 * @throws UsageError if it is none, or more than one; the message lists all
 */
export function selectJob(jobs: Job[], wanted?: string, unread: readonly string[] = []): Job {
  const names = jobs.map(({ path }) => `\n  ${path}`).join('');
  const notes = unread.map((note) => `\nnot read: ${note}`).join('');
  if (jobs.length === 0) {
    throw new UsageError(`the app has no state machine, so no job${notes}`);
  }
  if (wanted === undefined) {
    const programs = jobs.filter((job) => !isBeside(job));
    if (programs.length === 1) {
      return programs[0];
    }
    throw new UsageError(`--job must say which of the app's ${jobs.length} state machines to run:${names}`);
  }
  const exact = jobs.filter(({ path }) => path === wanted);
  const matches = exact.length > 0 ? exact : jobs.filter((job) => isMeant(job, wanted));
  if (matches.length === 1) {
    return matches[0];
  }
  if (matches.length === 0) {
    throw new UsageError(`--job must name a state machine of the app, got '${wanted}'; there are:${names}${notes}`);
  }
  const found = matches.map(({ path }) => `\n  ${path}`).join('');
  throw new UsageError(`--job must name one state machine, but '${wanted}' matches ${matches.length}:${found}`);
}

/** What stands beside a job: it watches its starts, or says how its runs have ended. Nobody means it who does not name it. */
function isBeside({ path }: Job): boolean {
  return /\/(StartWatch|OutcomeEvents)$/.test(path);
}

function isMeant({ path, stateMachine }: Job, wanted: string): boolean {
  return path.endsWith(`/${wanted}`) || stateMachine.constructPath === wanted || stateMachine.logicalId === wanted;
}

/**
 * What the state machine does, with all references resolved.
 *
 * @throws UnresolvedValueError if a reference is known only after a deployment
 */
export function definitionOf({ stateMachine }: Job): StatesDefinition {
  const inline =
    stateMachine.property('DefinitionString') ?? stateMachine.property('Definition') ?? definitionAsset(stateMachine);
  if (typeof inline !== 'string') {
    return inline as StatesDefinition;
  }
  const substitutions = Object.entries((stateMachine.property('DefinitionSubstitutions') ?? {}) as Record<string, unknown>);
  const text = substitutions.reduce((json, [name, value]) => json.replaceAll(`\${${name}}`, () => String(value)), inline);
  return JSON.parse(text) as StatesDefinition;
}

function definitionAsset(stateMachine: Resource): string {
  const location = stateMachine.property('DefinitionS3Location') as { Key?: unknown } | undefined;
  const file = stateMachine.asset(location?.Key);
  if (file === undefined) {
    throw new UnresolvedValueError(`${stateMachine.label}: its definition is not in the app's output`);
  }
  return fs.readFileSync(file, 'utf8');
}
