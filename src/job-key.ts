import { createHash } from 'node:crypto';
import { Names, ScopedAws, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { refuse } from './validation';

const KEY_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/;

/** Of the part of a default key that is the construct's: with the name of a stack, it is the name of a folder. */
const MAX_PATH_LENGTH = 40;

/** A path on Windows has 259 characters. */
const MAX_WINDOWS_LENGTH = 115;

/** Of the hash that tells apart what a shortened path no longer does. */
const HASH_LENGTH = 8;

/** The keys of the jobs of a stack, as synth knows them. */
const keysOf = new WeakMap<Stack, Map<string, IConstruct>>();

/** What names a job on its instances. */
export interface JobKey {
  /** With a token for the name of the stack. It needs no encoding: CloudFormation takes letters, digits and hyphens only. */
  readonly value: string;
  /** With the name that the stack has in the app. It may be deployed under another one. */
  readonly atSynth: string;
}

/**
 * The key of a job, which names a folder on Linux and on Windows.
 *
 * By default it is made of the name of the stack, by which CloudFormation tells apart what is deployed from one template, and the path of
 * the construct. No stack has an underscore in its name: without it, the job `Prod-Nightly` of a stack `Billing` would be the job `Nightly` of
 * a stack `Billing-Prod`. A nested stack gets another name whenever it is made anew: there, it is the name of the stack around it.
 *
 * @param given by the user
 * @throws if it is malformed, or another job of the stack has it: to an instance, they would be one job.
 */
export function uniqueJobKey(job: IConstruct, given: string | undefined): JobKey {
  const stack = rootOf(Stack.of(job));
  const path = shortPath(job, MAX_PATH_LENGTH);
  const deployedName = new ScopedAws(stack).stackName;
  const key = given === undefined
    ? { value: `${deployedName}_${path}`, atSynth: `${stack.stackName}_${path}` }
    : givenKey(job, given, { value: deployedName, atSynth: stack.stackName });
  const jobs = keysOf.get(stack) ?? new Map<string, IConstruct>();
  const other = jobs.get(key.atSynth);
  if (other) {
    refuse('jobKey', `must not be that of another job (${other.node.path}), because they would share lock and marks`, key.atSynth);
  }
  keysOf.set(stack, jobs.set(key.atSynth, job));
  return key;
}

/**
 * The path of a construct below its stack, as a name: letters, digits, `-` and `_`. Different paths of a stack have different ones.
 */
export function shortPath(construct: IConstruct, maxLength: number): string {
  const path = Names.stackRelativeConstructPath(construct);
  if (/^[A-Za-z0-9_-]+$/.test(path) && path.length <= maxLength) {
    return path;
  }
  const hash = createHash('sha256').update(path).digest('hex').slice(0, HASH_LENGTH);
  const words = path.split(/[^A-Za-z0-9_-]+/).filter((word) => word !== '').join('-');
  // Its end says more than its beginning, which is that of other jobs, too.
  return `${words.slice(-(maxLength - HASH_LENGTH - 1))}-${hash}`;
}

/** A key of the user's, with the name of the stack for its token. Any other token could be any text, and the key is part of a script. */
function givenKey(job: IConstruct, given: string, stackName: JobKey): JobKey {
  const resolved: unknown = Stack.of(job).resolve(given);
  const [delimiter, parts] = (resolved as { 'Fn::Join'?: [string, unknown[]] })?.['Fn::Join'] ?? ['', [resolved]];
  const withName = (name: string) => parts.map((part) => (isStackName(part) ? name : part)).join(delimiter);
  if (parts.some((part) => typeof part !== 'string' && !isStackName(part))) {
    refuse('jobKey', 'must be known at synth but for Aws.STACK_NAME, because it stands in the script that starts the program', given);
  }
  if (!KEY_PATTERN.test(withName(stackName.atSynth))) {
    refuse('jobKey', `must match ${KEY_PATTERN.source}`, given);
  }
  return { value: withName(stackName.value), atSynth: withName(stackName.atSynth) };
}

function isStackName(part: unknown): boolean {
  return (part as { Ref?: unknown } | null)?.Ref === 'AWS::StackName';
}

function rootOf(stack: Stack): Stack {
  return stack.nestedStackParent ? rootOf(stack.nestedStackParent) : stack;
}

/**
 * Refuses a key that leaves no room for the marks of runs below its folder on Windows: `C:\ProgramData\cots-batch-job\KEY\runs\run-ID.txt`, with
 * an ID of up to 100 characters.
 *
 * @see https://learn.microsoft.com/windows/win32/fileio/maximum-file-path-limitation
 */
export function checkWindowsKey(atSynth: string): void {
  if (atSynth.length > MAX_WINDOWS_LENGTH) {
    refuse('jobKey', `must be set for a PowerShell script, because the default has more than ${MAX_WINDOWS_LENGTH} characters`, atSynth);
  }
}
