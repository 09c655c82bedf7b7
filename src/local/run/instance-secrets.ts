import { CloudAssembly } from '../app/cloud-assembly';
import { JobSecret, roleOfInstance, secretsOf } from '../app/job-secrets';
import { AccessControl, Origin } from '../aws/access';
import { CliAnswer, CliCall } from '../services/secrets/instance-cli';

/** Where a call reads which secret, as the launcher calls. */
const CALLS: readonly { readonly words: string; readonly action: string; readonly operation: string; readonly notFound: string }[] = [
  { words: 'secretsmanager get-secret-value', action: 'secretsmanager:GetSecretValue', operation: 'GetSecretValue', notFound: 'ResourceNotFoundException' },
  { words: 'ssm get-parameter', action: 'ssm:GetParameter', operation: 'GetParameter', notFound: 'ParameterNotFound' },
];

export interface InstanceSecretsOptions {
  readonly assembly: CloudAssembly;
  readonly access: AccessControl;
  readonly valueOf: (name: string) => string | undefined;
  /** The run that a command belongs to; undefined where there is no such command. */
  readonly originOf: (commandId: string) => Origin | undefined;
  readonly warn: (message: string) => void;
}

/**
 * Answers as Secrets Manager and Parameter Store do, with the values that were handed to the local run.
 *
 * Whoever asks is authorized as the role of the instance, if the app has it. Otherwise a note says that it is not known.
 */
export class InstanceSecrets {
  private readonly warned = new Set<string>();

  constructor(private readonly options: InstanceSecretsOptions) {}

  public async answer({ args, instanceId, commandId }: CliCall): Promise<CliAnswer> {
    const call = CALLS.find(({ words }) => words === args.slice(0, 2).join(' '));
    const arn = args.find((arg) => arg.startsWith('arn:'));
    const origin = this.options.originOf(commandId);
    if (call === undefined || arn === undefined || origin === undefined) {
      return { exitCode: 252, stderr: 'aws: the local run knows only the calls that read the secrets of a job, by ARN\n' };
    }
    const failed = (code: string, message: string): CliAnswer => (
      { exitCode: 254, stderr: `\nAn error occurred (${code}) when calling the ${call.operation} operation: ${message}\n` }
    );
    const denial = await this.denial(instanceId, call.action, arn, origin);
    if (denial !== undefined) {
      return failed('AccessDeniedException', denial);
    }
    const secrets = secretsOf(this.options.assembly).filter((secret) => secret.arn === arn);
    return secrets.length === 0
      ? failed(call.notFound, `the local run has no value for ${arn}`)
      : { exitCode: 0, stdout: `${JSON.stringify(this.valueOf(secrets))}\n` };
  }

  private async denial(instanceId: string, action: string, arn: string, origin: Origin): Promise<string | undefined> {
    const { assembly, access, warn } = this.options;
    const roleArn = roleOfInstance(assembly, instanceId);
    if (roleArn !== undefined) {
      // The ARN that the API takes may be without the six characters at the end of that of the secret. A word of six letters is none.
      const isWhole = /:secret:.+-(?=[a-z]*[A-Z0-9])[A-Za-z0-9]{6}$|:parameter\//.test(arn);
      const resource = isWhole ? arn : `${arn}-abcdef`;
      return access.check({ ...origin, roleArn, session: instanceId }, action, [{ arn: resource }]);
    }
    if (!this.warned.has(instanceId)) {
      this.warned.add(instanceId);
      warn(`whether ${instanceId} may read the job's secrets is not known: its role is not in the app. Grant it with grantInstance`);
    }
    return undefined;
  }

  /** Of several fields of one secret, a JSON object that has them all. */
  private valueOf(secrets: readonly JobSecret[]): string {
    const whole = secrets.find(({ field }) => field === undefined);
    if (whole) {
      return this.options.valueOf(whole.name) ?? '';
    }
    return JSON.stringify(Object.fromEntries(secrets.map(({ name, field }) => [field, this.options.valueOf(name)])));
  }
}
