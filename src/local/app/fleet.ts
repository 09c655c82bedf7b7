import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { CloudAssembly } from './cloud-assembly';
import { UnresolvedValueError } from './errors';
import { definitionOf, Job } from './jobs';
import { InstanceSpec } from '../services/ssm/fleet';

/**
 * What scripts of an instance find in their environment: the launcher keeps its locks and the marks of runs in the instance's own
 * folder, because all instances of a local run share one machine.
 */
export function instanceEnvironment(_instanceId: string, folder: string): { readonly [name: string]: string } {
  return { COTS_BATCH_JOB_STATE: path.join(folder, '.cots-batch-job') };
}

/** A target of SSM, in the spelling of its API or of a job's settings. */
interface Target {
  readonly key: string;
  readonly values: string[];
}

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
    if (made.has(key) || instances.some((instance) => targets.every((target) => matches(instance, target)))) {
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
function targetsOf(job: Job, warnings: string[]): Target[][] {
  const found: Target[][] = [];
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

function asTarget(value: unknown): Target | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const { key, values, Key, Values } = value as { key?: unknown; values?: unknown; Key?: unknown; Values?: unknown };
  const [name, list] = [key ?? Key, values ?? Values];
  return typeof name === 'string' && Array.isArray(list) ? { key: name, values: list.map(String) } : undefined;
}

function matches({ tags = {}, resourceGroups = [] }: InstanceSpec, { key, values }: Target): boolean {
  if (key === 'resource-groups:Name') {
    return values.some((value) => resourceGroups.includes(value));
  }
  if (key === 'tag-key') {
    return values.some((value) => Object.hasOwn(tags, value));
  }
  return key.startsWith('tag:') && values.includes(tags[key.slice('tag:'.length)]);
}

function madeUp(targets: Target[], number: number): InstanceSpec {
  const digest = createHash('sha256')
    .update(`${JSON.stringify(targets)}/${number}`)
    .digest('hex');
  const tags = targets.flatMap(({ key, values }) => {
    if (key === 'tag-key') {
      return values.map((value) => [value, 'local']);
    }
    return key.startsWith('tag:') ? [[key.slice('tag:'.length), values[0]]] : [];
  });
  const resourceGroups = targets.filter(({ key }) => key === 'resource-groups:Name').flatMap(({ values }) => values);
  return { instanceId: `i-0${digest.slice(0, 16)}`, tags: Object.fromEntries(tags), resourceGroups };
}
