import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { IParameter } from 'aws-cdk-lib/aws-ssm';
import { IConstruct } from 'constructs';
import { checkVariableName } from './command/environment-variable';
import { LauncherSecret } from './command/launcher/secrets';
import { hasName, refuseMadeInOtherAccount, refuseMadeInOtherRegion } from './references';
import { isKnown, refuse } from './validation';

/** Each may have 64 KB, and Linux starts no program with an environment of more than 2 MB. */
const MAX_SECRETS = 20;

/**
 * Options of a secret of Secrets Manager.
 */
export interface SecretsManagerOptions {
  /**
   * The field of a secret that is a JSON object, such as `password` of those that AWS makes for databases: a text, a number or a boolean.
   *
   * @default - the whole secret
   */
  readonly field?: string;
}

/**
 * A value that the batch program needs and nobody else may see.
 *
 * The instance reads it with its own role when a run starts, and hands it to the program in an environment variable. It is in no template,
 * document, history or log, and in the command line of no process. The instance needs the AWS CLI (Windows: AWS Tools for PowerShell, or the
 * AWS CLI) and the rights that the job's `grantInstance` gives. Where it cannot read the value, the program is not started, and the run says
 * why.
 *
 * What the program does with the value is its own affair: what it prints is in logs and mails.
 *
 * @example
 * const job = new CotsBatchJob(this, 'Index', { command, instanceIds, secrets: { DB_PASSWORD: JobSecret.fromSecretsManager(secret) } });
 * job.grantInstance(instance.role);
 */
export class JobSecret {
  /**
   * A secret of Secrets Manager, in its current version. Binary secrets are refused when the run starts.
   *
   * @throws if `field` is empty
   */
  public static fromSecretsManager(secret: ISecret, options: SecretsManagerOptions = {}): JobSecret {
    const { field } = options;
    if (isKnown(field) && (field === '' || /[\0\r\n]/.test(field))) {
      refuse('field', 'must be the name of a field, on one line', field);
    }
    return new JobSecret(secret.secretArn, field, (grantee) => {
      const read = Grant.addToPrincipalOrResource({
        grantee,
        actions: ['secretsmanager:GetSecretValue'],
        // An ARN without the six characters at its end is that of no secret, but what the API takes.
        resourceArns: [secret.secretFullArn ?? `${secret.secretArn}-??????`],
        resource: secret,
      });
      return withDecrypt(read, grantee, secret.encryptionKey, `secretsmanager.${secret.env.region}.amazonaws.com`);
    });
  }

  /**
   * A parameter of Parameter Store: a `SecureString`, or any other.
   *
   * @param parameter one that was imported with its `encryptionKey`, if that is not the key that AWS manages for SSM: the right to use it is
   * granted, too
   */
  public static fromParameterStore(parameter: IParameter): JobSecret {
    return new JobSecret(parameter.parameterArn, undefined, (grantee) => {
      const read = Grant.addToPrincipal({ grantee, actions: ['ssm:GetParameter'], resourceArns: [parameter.parameterArn] });
      return withDecrypt(read, grantee, keyOf(parameter), `ssm.${parameter.env.region}.amazonaws.com`);
    });
  }

  private constructor(
    private readonly arn: string, private readonly field: string | undefined, private readonly grantRead: (grantee: IGrantable) => Grant,
  ) {}

  /**
   * What the launcher has to know.
   *
   * @internal
   */
  public _launcherSecret(name: string): LauncherSecret {
    return { name, arn: this.arn, field: this.field };
  }

  /**
   * Lets an instance read the value, and do nothing else with it.
   *
   * @internal
   */
  public _grantRead(grantee: IGrantable): Grant {
    return this.grantRead(grantee);
  }
}

/**
 * The secrets of a job, as the launcher takes them.
 *
 * @throws if a name cannot be that of an environment variable, is that of a parameter, there are too many, or one is made elsewhere
 */
export function launcherSecrets(job: IConstruct, secrets: { [name: string]: JobSecret }, parameterNames: string[]): LauncherSecret[] {
  const names = Object.keys(secrets);
  if (names.length > MAX_SECRETS) {
    refuse('secrets', `must not be more than ${MAX_SECRETS}, which the environment of a program holds at their largest`, names.length);
  }
  return Object.entries(secrets).map(([name, secret]) => {
    checkVariableName('secrets', name);
    if (parameterNames.includes(name)) {
      refuse(`the variable ${name}`, 'must be either in secrets or in parameters', parameterNames);
    }
    const read = secret._launcherSecret(name);
    refuseMadeInOtherAccount(job, `secrets ${name}`, read.arn, 'imported by its ARN');
    if (!hasName(job, read.arn)) {
      refuseMadeInOtherRegion(job, `secrets ${name}`, read.arn, 'imported by its ARN');
    }
    return read;
  });
}

/**
 * Only for what the service decrypts. CDK's own grant of a secret gives nothing for a key that was made elsewhere.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 */
function withDecrypt(read: Grant, grantee: IGrantable, key: IKey | undefined, service: string): Grant {
  return key === undefined ? read : read.combine(Grant.addToPrincipalOrResource({
    grantee,
    actions: ['kms:Decrypt'],
    resourceArns: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': service } },
    resource: key,
  }));
}

/** CDK's interface does not have it, its classes do. */
function keyOf(parameter: IParameter): IKey | undefined {
  return (parameter as { readonly encryptionKey?: IKey }).encryptionKey;
}
