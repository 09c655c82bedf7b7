import { CloudAssembly } from './cloud-assembly';
import { unlessUnresolved, UsageError } from './errors';
import { documentsOf } from './job-documents';
import { Job } from './jobs';
import { Resource } from './template';

/** What the document of a job says of its secrets. */
const SECRETS_METADATA = 'cdk-cots-batch-job:secrets';

/** A secret that the script of a job asks for. */
export interface JobSecret {
  /** Of the environment variable. */
  readonly name: string;
  readonly arn: string;
  /** Of the JSON object that it is. */
  readonly field?: string;
}

/** The secrets of all jobs of the app. */
export function secretsOf(assembly: CloudAssembly): JobSecret[] {
  return assembly.resources('AWS::SSM::Document').flatMap(secretsOfDocument);
}

function secretsOfDocument(document: Resource): JobSecret[] {
  return (unlessUnresolved(() => document.metadata(SECRETS_METADATA)) ?? []) as JobSecret[];
}

/**
 * Makes sure that all secrets of a job have a value.
 *
 * @param given Names that `--secret` gives a value to
 * @throws UsageError naming those that have none, or a name that no job has
 */
export function requireSecrets(assembly: CloudAssembly, job: Job, valueOf: (name: string) => string | undefined, given: string[] = []): void {
  const all = [...new Set(secretsOf(assembly).map(({ name }) => name))];
  const unknown = given.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--secret must name a secret of the app (${all.join(', ') || 'it has none'}), got '${unknown}'`);
  }
  const documents = documentsOf(job);
  const missing = assembly.resources('AWS::SSM::Document').filter(({ ref }) => documents.includes(ref))
    .flatMap(secretsOfDocument).map(({ name }) => name).filter((name) => valueOf(name) === undefined);
  if (missing.length > 0) {
    const [first] = missing;
    throw new UsageError(
      `${job.path} needs a value for the secret ${missing.join(', ')}, which no instance reads here: set the environment variable ${first}, or give --secret ${first}=VALUE`,
    );
  }
}

/**
 * The role of an instance of the app.
 *
 * @returns undefined where the app has no such instance, or not its role
 */
export function roleOfInstance(assembly: CloudAssembly, instanceId: string): string | undefined {
  const profile = assembly.resources('AWS::EC2::Instance').find(({ ref }) => ref === instanceId)?.text('IamInstanceProfile');
  const roles = assembly.resources('AWS::IAM::InstanceProfile').find(({ ref }) => ref === profile)?.property('Roles');
  const [name] = Array.isArray(roles) ? roles as unknown[] : [];
  return assembly.resources('AWS::IAM::Role').find(({ ref }) => ref === name)?.attribute();
}
