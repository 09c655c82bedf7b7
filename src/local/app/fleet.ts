import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { CloudAssembly } from './cloud-assembly';
import { UnresolvedValueError } from './errors';
import { definitionOf, Job } from './jobs';
import { instanceOf, InstanceSpec, matches, Target } from '../services/ssm/fleet';

/**
 * What scripts of an instance find in their environment: the launcher keeps its locks and the marks of runs in the instance's own
 * folder, because all instances of a local run share one machine.
 */
export function instanceEnvironment(_instanceId: string, folder: string): { readonly [name: string]: string } {
  return { COTS_BATCH_JOB_STATE: path.join(folder, '.cots-batch-job') };
}

/** Keys that say which instances are meant. */
const TARGET_KEY = /^(tag:.+|tag-key|resource-groups:Name)$/;

/** Instances that a run can send commands to, besides those that are only named by their ids. */
export interface LocalFleet {
  readonly instances: InstanceSpec[];
  /** What could not be resolved, and is left out: it matters only if the run needs it. */
  readonly warnings: string[];
}

/**
 * The instances that are given, those of the app with their tags, and made-up ones for targets that none of these matches.
 *
 * @param given They stand for those of the app that have the same id
 * @param perTargets How many instances to make up for each set of targets
 */
export function fleetOf(assembly: CloudAssembly, jobs: Job[], given: readonly InstanceSpec[], perTargets: number): LocalFleet {
  const warnings: string[] = [];
  const ids = new Set(given.map(({ instanceId }) => instanceId));
  const instances = [...given, ...appInstances(assembly, warnings).filter(({ instanceId }) => !ids.has(instanceId))];
  const made = new Set<string>();
  for (const targets of jobs.flatMap((job) => targetsOf(job, warnings))) {
    const key = JSON.stringify(targets);
    if (made.has(key) || instances.some((spec) => targets.every((target) => matches(instanceOf(spec), target)))) {
      continue;
    }
    made.add(key);
    for (let number = 1; number <= perTargets; number += 1) {
      instances.push(madeUp(targets, number));
    }
  }
  return { instances, warnings };
}

function appInstances(assembly: CloudAssembly, warnings: string[]): InstanceSpec[] {
  return assembly.resources('AWS::EC2::Instance').map((resource) => {
    try {
      const tags = (resource.property('Tags') ?? []) as { Key: string; Value: string }[];
      return { instanceId: resource.ref, tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])) };
    } catch (error) {
      if (!(error instanceof UnresolvedValueError)) {
        throw error;
      }
      warnings.push(error.message);
      return { instanceId: resource.ref };
    }
  });
}

/** The sets of targets in a state machine: lists whose items have a key and values. */
function targetsOf(job: Job, warnings: string[]): Required<Target>[][] {
  const found: Required<Target>[][] = [];
  const search = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) {
      return;
    }
    const targets = Array.isArray(value) ? value.map(asTarget).filter((target) => target !== undefined) : [];
    if (Array.isArray(value) && targets.length > 0 && targets.length === value.length) {
      found.push(targets);
    } else {
      Object.values(value).forEach(search);
    }
  };
  try {
    search(definitionOf(job));
  } catch (error) {
    if (!(error instanceof UnresolvedValueError)) {
      throw error;
    }
    warnings.push(error.message);
  }
  return found;
}

/** In the spelling of SSM's API, or of a job's settings. */
function asTarget(value: unknown): Required<Target> | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const { key, values, Key = key, Values = values } = value as { key?: unknown; values?: unknown; Key?: unknown; Values?: unknown };
  return typeof Key === 'string' && TARGET_KEY.test(Key) && Array.isArray(Values) ? { Key, Values: Values.map(String) } : undefined;
}

function madeUp(targets: Required<Target>[], number: number): InstanceSpec {
  const digest = createHash('sha256')
    .update(`${JSON.stringify(targets)}/${number}`)
    .digest('hex');
  const tags = targets.flatMap(({ Key, Values }) => {
    if (Key === 'tag-key') {
      return Values.map((value) => [value, 'local']);
    }
    return Key.startsWith('tag:') ? [[Key.slice('tag:'.length), Values[0]]] : [];
  });
  const resourceGroups = targets.filter(({ Key }) => Key === 'resource-groups:Name').flatMap(({ Values }) => Values);
  return { instanceId: `i-0${digest.slice(0, 16)}`, tags: Object.fromEntries(tags), resourceGroups };
}
