import { CloudAssembly } from './cloud-assembly';
import { unlessUnresolved, UsageError } from './errors';
import { definitionOf, Job } from './jobs';
import { Resource } from './template';
import { BUILT_IN_DOCUMENTS } from '../services/ssm/document';
import { splitArn } from '../services/ssm/documents';
import { findProgram } from '../services/ssm/script';

/** How a script makes sure that it can hold the lock that keeps runs from overlapping. */
const NEEDS_FLOCK = /^command -v flock\b/m;

/**
 * Makes sure that this machine has what the job's scripts cannot do without. A run would find out, but as late as an instance.
 *
 * @throws UsageError saying what is missing
 */
export function requirePrograms(assembly: CloudAssembly, job: Job): void {
  const names = documentsOf(job);
  const needsFlock = registered(assembly).filter(({ ref }) => names.includes(ref)).some((document) => NEEDS_FLOCK.test(scriptsOf(document)));
  if (needsFlock && findProgram('flock') === undefined) {
    throw new UsageError(
      `${job.path} needs the program flock, for its overlapPolicy, and this machine has none on the PATH: run it on Linux, in WSL or in `
      + 'a container (package util-linux, or busybox)',
    );
  }
}

/** What the local run does not have of a job: documents of AWS, or of other accounts. */
export function missingDocuments(assembly: CloudAssembly, job: Job): string[] {
  const own = BUILT_IN_DOCUMENTS.map(({ name }) => name);
  const known = [...own, ...registered(assembly).map(({ ref }) => ref)];
  return documentsOf(job).filter((name) => !known.includes(name)).map((name) =>
    `the document ${name} is not in the template. Of those, the local run has ${own.join(' and ')} only: here SSM says that it does not `
    + 'exist, whether or not it does in AWS');
}

/** What the local run does not have of a job: calendars of other stacks and accounts. @param given names of those that are there */
export function missingCalendars(assembly: CloudAssembly, job: Job, given: string[]): string[] {
  const known = [...given, ...registered(assembly).map(({ ref }) => ref)];
  const names = new Set<string>();
  visit(unlessUnresolved(() => definitionOf(job)), ({ calendars }) => {
    const listed = (calendars as { names?: unknown } | undefined)?.names;
    (Array.isArray(listed) ? listed : []).forEach((name) => names.add(String(name)));
  });
  return [...names].filter((name) => !known.includes(name) && !known.includes(splitArn(name).name)).map((name) =>
    `the calendar ${name} is not in the template: here SSM says that it does not exist, unless --calendar gives it (${splitArn(name).name}=FILE.ics)`);
}

/** The names of the documents in a state machine, in the spelling of SSM's API or of a job's settings. */
export function documentsOf(job: Job): string[] {
  const names = new Set<string>();
  visit(unlessUnresolved(() => definitionOf(job)), ({ DocumentName, document }) => {
    const name = DocumentName ?? (document as { name?: unknown } | undefined)?.name;
    if (typeof name === 'string') {
      names.add(splitArn(name).name);
    }
  });
  return [...names];
}

/** Calls a function with each object in a value. */
function visit(value: unknown, see: (object: { [name: string]: unknown }) => void): void {
  if (typeof value === 'object' && value !== null) {
    see(value as { [name: string]: unknown });
    Object.values(value).forEach((part) => visit(part, see));
  }
}

function registered(assembly: CloudAssembly): Resource[] {
  return assembly.resources('AWS::SSM::Document');
}

function scriptsOf(document: Resource): string {
  const content = unlessUnresolved(() => document.property('Content')) as { mainSteps?: { inputs?: { runCommand?: unknown } }[] } | undefined;
  return (content?.mainSteps ?? []).flatMap(({ inputs }) => inputs?.runCommand ?? []).join('\n');
}
