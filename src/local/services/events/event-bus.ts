import { AwsEvent, targetInput } from './event';
import { matchPattern } from './event-pattern';
import { EventRule, eventRules, RuleTarget } from './event-rules';
import { CloudAssembly } from '../../app/cloud-assembly';
import { messageOf } from '../../app/errors';
import { Resource } from '../../app/template';
import { AccessControl, Origin } from '../../aws/access';
import { ScaledClock } from '../../aws/clock';
import { Dispatch } from '../../aws/dispatch';
import { DELIVER } from '../../aws/faults';
import { sleep } from '../../aws/timers';
import { EventDelivery, RunEvent, RunRecord } from '../../run/run-record';
import { AsyncInvocations, InvocationAttempt } from '../lambda/async-invocations';
import { Functions } from '../lambda/functions';
import { invocationDenial, LambdaService } from '../lambda/service';

const PRINCIPAL = 'events.amazonaws.com';
const FUNCTION_ARN = /^arn:[^:]+:lambda:/;
const STATE_MACHINE_ARN = /^arn:[^:]+:states:/;

export interface EventBusOptions {
  readonly assembly: CloudAssembly;
  readonly access: AccessControl;
  readonly clock: ScaledClock;
  readonly functions: Functions;
  readonly lambda: LambdaService;
  readonly dispatch: Dispatch;
  /** Resolves when an execution has ended. */
  readonly executionEnd: (executionArn: string) => Promise<unknown>;
  readonly emit: (event: RunEvent) => void;
}

/** The default bus of EventBridge: events invoke the functions, and start the jobs, that the app's rules have as targets. */
export class EventBus {
  private readonly invocations: AsyncInvocations;
  private readonly closing = new AbortController();
  private readonly warned = new Set<string>();
  private known?: EventRule[];

  constructor(private readonly options: EventBusOptions) {
    const { assembly, functions, clock, dispatch, lambda } = options;
    this.invocations = new AsyncInvocations(assembly, functions, clock, dispatch, lambda);
  }

  /**
   * Delivers an event to the rules that it matches. Resolves when all that they invoke has ended, and never fails.
   *
   * @param origin The execution that the event is about, or that has caused it
   */
  public async publish(event: AwsEvent, origin: Origin): Promise<void> {
    // Which rules there are is asked for with the first event: a job without any needs to know nothing of rules.
    this.known ??= eventRules(this.options.assembly, (message) => this.warn(message));
    const rules = this.known.filter((rule) => this.matches(rule, event));
    await Promise.all(rules.map(async (rule) => this.follow(rule, event, origin)));
  }

  /** Forgets what it knows of rules: a deployment has changed them. */
  public forget(): void {
    this.known = undefined;
  }

  /** Nothing is tried again, and what is late does not come. */
  public close(): void {
    this.closing.abort();
    this.invocations.close();
  }

  private matches({ path, pattern }: EventRule, event: AwsEvent): boolean {
    const { matches, unknown } = matchPattern(pattern, event);
    for (const operator of unknown) {
      this.warn(`the rule ${path} gets no events: the local run does not know the operator '${operator}' of its pattern`);
    }
    return matches;
  }

  private async follow(rule: EventRule, event: AwsEvent, origin: Origin): Promise<void> {
    const { kind, delaySeconds = 0 } = this.options.dispatch.faults.next(DELIVER, rule.names, event) ?? {};
    if (kind === 'lost') {
      this.report(event, origin, { target: rule.path, phase: 'lost', attempt: 0 });
      return;
    }
    const delays = kind === 'late' ? [delaySeconds] : kind === 'twice' ? [0, delaySeconds] : [0];
    await Promise.all(delays.map(async (delay) => this.deliverAfter(delay, rule, event, origin)));
  }

  private async deliverAfter(seconds: number, rule: EventRule, event: AwsEvent, origin: Origin): Promise<void> {
    const { clock } = this.options;
    if (seconds > 0) {
      await clock.workflow(sleep(clock, seconds * 1000, this.closing.signal));
    }
    if (this.closing.signal.aborted) {
      return;
    }
    await Promise.all(rule.targets.map(async (target) => this.deliver(rule, target, event, origin)));
  }

  /** Starts a job, as the role of the target. What it causes belongs to a record of its own, which whoever starts runs has no part in. */
  private async startJob(rule: EventRule, target: RuleTarget, event: AwsEvent, origin: Origin): Promise<void> {
    const { access, dispatch, executionEnd } = this.options;
    const record = new RunRecord();
    const accessKeyId = access.accessKeyFor({ execution: origin.execution, record, roleArn: target.RoleArn ?? '', session: PRINCIPAL });
    const service = dispatch.services.find(({ iamPrefix }) => iamPrefix === 'states')!;
    const input = { stateMachineArn: target.Arn, input: JSON.stringify(targetInput(target, event, rule)) };
    const { executionArn } = await dispatch.call({ service, operation: 'StartExecution', input }, accessKeyId) as { executionArn: string };
    await executionEnd(executionArn);
    await record.settled();
  }

  private async deliver(rule: EventRule, target: RuleTarget, event: AwsEvent, origin: Origin): Promise<void> {
    const { assembly, access, functions } = this.options;
    const find = (name: string): Resource | undefined => functions.find(name);
    try {
      if (STATE_MACHINE_ARN.test(target.Arn)) {
        await this.startJob(rule, target, event, origin);
        return;
      }
      const invoked = FUNCTION_ARN.test(target.Arn) ? find(target.Arn) : undefined;
      if (invoked === undefined) {
        this.warn(`the rule ${rule.path} does not reach ${target.Arn}: the local run invokes functions and state machines of the app only`);
        return;
      }
      const denial = invocationDenial(assembly, invoked, { principal: PRINCIPAL, sourceArn: rule.arn }, find);
      if (access.checkService(PRINCIPAL, 'lambda:InvokeFunction', target.Arn, denial, origin) !== undefined) {
        return;
      }
      const report = (attempt: InvocationAttempt): void =>
        this.report(event, origin, { target: invoked.constructPath || invoked.label, ...attempt });
      const accessKeyId = access.accessKeyFor({ ...origin, roleArn: '', session: PRINCIPAL });
      await this.invocations.invoke(invoked, targetInput(target, event, rule), accessKeyId, report);
    } catch (error) {
      this.warn(`the rule ${rule.path} can not invoke ${target.Arn}: ${messageOf(error)}`);
    }
  }

  private report({ detail }: AwsEvent, { execution }: Origin, delivery: Omit<EventDelivery, 'status'>): void {
    const { clock, emit } = this.options;
    emit({ kind: 'event', at: clock.now(), execution, delivery: { status: String(detail.status), ...delivery } });
  }

  /** Does not repeat itself. */
  private warn(message: string): void {
    if (this.warned.has(message)) {
      return;
    }
    this.warned.add(message);
    this.options.emit({ kind: 'warning', at: this.options.clock.now(), message });
  }
}
