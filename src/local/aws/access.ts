import { ApiResource } from './api-service';
import { Clock } from './clock';
import { Credentials, keyId, Keys } from './keys';
import { Authorizer } from '../iam/authorize';
import { AwsCall, RunEvent, RunRecord } from '../run/run-record';

/** What a call has to do with. */
export interface Origin {
  /** ARN of the execution. */
  readonly execution: string;
  readonly record: RunRecord;
}

/** Who calls: a role, for an execution. */
export interface Caller extends Origin {
  readonly roleArn: string;
  /** Last part of the ARN of the assumed role. */
  readonly session: string;
}

/** What an `AwsCall` that is not allowed has besides. */
type Denial = Required<Pick<AwsCall, 'deniedResource' | 'message'>>;

/** Every call of the run passes here: it is authorized, if policies are checked, and recorded. */
export class AccessControl {
  private readonly callers = new Map<string, Caller>();

  /**
   * @param authorizer Without it, everything is allowed
   * @param keys Those that the endpoint takes
   */
  constructor(
    private readonly authorizer: Authorizer | undefined,
    private readonly clock: Clock,
    private readonly emit: (event: RunEvent) => void,
    private readonly keys = new Keys(),
  ) {}

  /** Credentials that prove who the caller is, for a process that signs its requests with them. */
  public credentialsFor(caller: Caller): Required<Credentials> {
    const credentials = this.keys.issueTemporary();
    this.callers.set(credentials.accessKeyId, caller);
    return credentials;
  }

  /** An access key id that identifies a caller within this process. There is no secret that belongs to it: nobody can sign with it. */
  public accessKeyFor(caller: Caller): string {
    const accessKeyId = keyId('ASIA');
    this.callers.set(accessKeyId, caller);
    return accessKeyId;
  }

  /** Undefined for calls that are not made by the app, e.g. by a person with the AWS CLI. */
  public callerOf(accessKeyId: string): Caller | undefined {
    return this.callers.get(accessKeyId);
  }

  /**
   * Decides about a call: the action has to be allowed on each resource.
   *
   * @returns why it is denied, or undefined if it is allowed
   */
  public async check(caller: Caller | undefined, action: string, resources: readonly ApiResource[]): Promise<string | undefined> {
    const denial = caller && (await this.denial(caller, action, resources));
    this.note({ action, principal: caller?.roleArn ?? '', resources: resources.map(({ arn }) => arn), denial }, caller);
    return denial?.message;
  }

  /**
   * The same for a call that a service of AWS makes: what is called has a policy of its own that decides.
   *
   * @param service The principal, e.g. `events.amazonaws.com`
   * @param message Why that policy does not allow it, or undefined if it does
   * @returns why it is denied, or undefined if it is allowed
   */
  public checkService(service: string, action: string, arn: string, message: string | undefined, origin: Origin): string | undefined {
    const denial = this.authorizer && message !== undefined ? { deniedResource: arn, message } : undefined;
    this.note({ action, principal: service, resources: [arn], denial }, origin);
    return denial?.message;
  }

  /** Without policies nobody is held against them, and who calls without a role of the app never is. */
  private isChecked(principal: string): boolean {
    return this.authorizer !== undefined && principal !== '';
  }

  private note(
    { action, principal, resources, denial }: Pick<AwsCall, 'action' | 'principal' | 'resources'> & { denial?: Denial },
    origin: Origin | undefined,
  ): void {
    const call: AwsCall = {
      at: new Date(this.clock.now()).toISOString(),
      service: action.slice(0, action.indexOf(':')),
      action,
      principal,
      resources,
      allowed: this.isChecked(principal) ? denial === undefined : null,
      ...denial,
    };
    origin?.record.calls.push(call);
    this.emit({ kind: 'call', at: this.clock.now(), execution: origin?.execution ?? '', call });
  }

  private async denial(
    { roleArn, session }: Caller,
    action: string,
    resources: readonly ApiResource[],
  ): Promise<Denial | undefined> {
    if (this.authorizer === undefined) {
      return undefined;
    }
    for (const { arn, tags } of resources) {
      const decision = await this.authorizer.decide({ roleArn, session, action, resource: arn, tags });
      if (!decision.allowed) {
        return { deniedResource: arn, message: decision.message };
      }
    }
    return undefined;
  }
}
