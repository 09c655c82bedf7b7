import { InstanceSecrets } from './instance-secrets';
import { LocalRun } from './open-run';
import { RunEvent, RunRecord } from './run-record';
import { WorkDir } from './work-dir';
import { CloudAssembly } from '../app/cloud-assembly';
import { messageOf, UnresolvedValueError, UsageError } from '../app/errors';
import { fleetOf, instanceEnvironment } from '../app/fleet';
import { missingCalendars, missingDocuments, requirePrograms } from '../app/job-documents';
import { requireSecrets, secretsOf } from '../app/job-secrets';
import { Job, jobsOf, selectJob } from '../app/jobs';
import { SensitiveParameters } from '../app/sensitive-parameters';
import { AccessControl, Origin } from '../aws/access';
import { ApiCall } from '../aws/api-service';
import { AwsError } from '../aws/aws-error';
import { ScaledClock } from '../aws/clock';
import { Fault } from '../aws/faults';
import { Keys } from '../aws/keys';
import { Authorizer, SIMULATOR_PACKAGE } from '../iam/authorize';
import { EventBus } from '../services/events/event-bus';
import { EventsService } from '../services/events/service';
import { Functions } from '../services/lambda/functions';
import { LambdaService } from '../services/lambda/service';
import { embeddedMetrics } from '../services/logs/embedded-metrics';
import { Scheduler } from '../services/scheduler/scheduler';
import { SchedulerService } from '../services/scheduler/service';
import { InstanceCli } from '../services/secrets/instance-cli';
import { Masking } from '../services/secrets/masking';
import { SnsService } from '../services/sns/service';
import { Topics } from '../services/sns/topics';
import { SqsService } from '../services/sqs/service';
import { SsmEndpoint, SsmEndpointOptions, startSsmEndpoint } from '../services/ssm/endpoint';
import { InstanceSpec } from '../services/ssm/fleet';
import { Executions } from '../services/states/executions';
import { StatesService } from '../services/states/service';
import { Tasks } from '../services/states/tasks';

export { type LocalExecution, LocalRun, type StartOptions } from './open-run';
export type { ScheduledRun, ScheduledRuns } from './scheduled-runs';

export interface LocalRunOptions {
  /**
   * How many times faster than real time waits pass. An instance's script lives in the same time: its time-out passes faster too.
   *
   * @default 1
   */
  readonly speed?: number;
  /**
   * The time of the run, instead of one that runs `speed` times as fast as real time while there is nothing to do but wait.
   *
   * @default - a new one, of `speed`
   */
  readonly clock?: ScaledClock;
  /**
   * Whether calls are held against the policies in the templates.
   *
   * @default 'if installed'
   */
  readonly authorize?: 'required' | 'if installed' | 'off';
  /**
   * Instances with tags, groups or faults, besides those of the app and those that are named by their ids.
   *
   * @default - none
   */
  readonly instances?: readonly InstanceSpec[];
  /**
   * How many instances are made up for targets that no other instance matches.
   *
   * @default 2
   */
  readonly targets?: number;
  /**
   * Change calendars that are not in the app: iCalendar texts by name or ARN. One that has the name of the app's takes its place.
   *
   * @default - those of the app
   */
  readonly calendars?: { readonly [name: string]: string };
  /** What goes wrong with calls and events. */
  readonly faults?: readonly Fault[];
  /**
   * Where logs and the folders of instances go. Nobody else may write there. It is kept.
   *
   * @default - a new temporary folder
   */
  readonly workDir?: string;
  /**
   * The value of a secret, by the name of its environment variable: what the instances read here.
   *
   * @default - no secret has a value
   */
  readonly secretOf?: (name: string) => string | undefined;
  /**
   * Which values of sensitive parameters are hidden in what events have of the scripts' output. It learns them from the inputs of executions.
   *
   * @default - those of the app
   */
  readonly sensitive?: SensitiveParameters;
  /** Whatever happens, as it happens. */
  readonly onEvent?: (event: RunEvent) => void;
  /** More about the SSM endpoint, e.g. how scripts see the machine. */
  readonly ssm?: Pick<SsmEndpointOptions, 'changeUsers' | 'delays' | 'environment' | 'path' | 'services' | 'workingDirectory'>;
}

const DEFAULT_TARGETS = 2;

/**
 * Makes sure that it is clear which job to run, and that it can run here, before anything is started or written.
 *
 * @returns all jobs of the app
 * @throws UsageError if the folder is no cloud assembly, the job is not clear, or this machine lacks a program that it needs, or a
 * secret has no value
 */
export function requireJob(
  cdkOut: string, job?: string, { secretOf, secretNames }: { secretOf?: LocalRunOptions['secretOf']; secretNames?: string[] } = {},
): Job[] {
  const assembly = CloudAssembly.read(cdkOut);
  const jobs = jobsOf(assembly);
  const selected = selectJob(jobs, job, assembly.unread);
  requirePrograms(assembly, selected);
  requireSecrets(assembly, selected, secretOf ?? (() => undefined), secretNames);
  return jobs;
}

/**
 * Gets a synthesized app ready to run: its documents are registered with an SSM endpoint on loopback.
 *
 * @throws UsageError if the folder is no cloud assembly, policies must be checked and can not be, or there are both clock and speed
 */
export async function openLocalRun(cdkOut: string, options: LocalRunOptions = {}): Promise<LocalRun> {
  const assembly = CloudAssembly.read(cdkOut);
  const authorizer = authorizerFor(assembly, options.authorize ?? 'if installed');
  const { folder: workDir } = WorkDir.open(options.workDir);

  const clock = clockOf(options);
  const jobs = jobsOf(assembly);
  const sensitive = options.sensitive ?? new SensitiveParameters(jobs);
  const subjects = new Map<string, string[]>();
  const emit = (event: RunEvent): void => {
    if (event.kind === 'history' && event.event.type === 'ExecutionStarted') {
      sensitive.learnFrom(event.event.input);
    }
    if (event.kind === 'notification') {
      subjects.set(event.execution, [...subjects.get(event.execution) ?? [], event.notification.subject]);
    }
    options.onEvent?.(event);
  };
  const warn = (message: string): void => emit({ kind: 'warning', at: clock.now(), message });
  if (authorizer === undefined && options.authorize !== 'off') {
    warn(`policies are not checked; to check them: npm install --save-dev ${SIMULATOR_PACKAGE}`);
  }
  assembly.unread.forEach(warn);
  const fleet = fleetOf(assembly, jobs, options.instances ?? [], options.targets ?? DEFAULT_TARGETS);
  fleet.warnings.forEach(warn);
  const { partition, region, account } = (jobs[0]?.stateMachine.template ?? assembly.stacks[0]).place;
  const keys = new Keys();
  const access = new AccessControl(authorizer, clock, emit, keys);
  const topics = new Topics({ assembly, clock, emit });
  const functions = new Functions({ assembly, access, clock, endpointUrl: () => endpoint.url, workDir });
  const lambda = new LambdaService(functions, access);
  const executions: Executions = new Executions({
    jobs,
    clock,
    access,
    runTask: async (task, accessKeyId) => tasks.run(task, accessKeyId),
    publish: async (event, origin) => events.publish(event, origin),
    emit,
  });
  const valueOf = options.secretOf ?? (() => undefined);
  const secrets = secretsOf(assembly);
  const masking = new Masking(secrets.flatMap(({ name }) => valueOf(name) ?? []));
  const instanceSecrets = new InstanceSecrets({ assembly, access, valueOf, originOf, warn });
  const instanceCli = secrets.length === 0 ? undefined : await InstanceCli.start((call) => instanceSecrets.answer(call));
  const endpoint = await startSsmEndpoint({
    ...options.ssm,
    path: [...instanceCli ? [instanceCli.folder] : [], ...options.ssm?.path ?? []],
    masking,
    environment: (instanceId, folder) => ({
      ...instanceEnvironment(instanceId, folder),
      ...options.ssm?.environment?.(instanceId, folder),
    }),
    clock,
    keys,
    workDirectory: workDir,
    instances: fleet.instances,
    anyInstance: true,
    partition,
    region,
    accountId: account,
    faults: options.faults,
    services: [
      lambda,
      new StatesService(executions, access),
      new SnsService(topics, access),
      new EventsService({ access, clock, place: { partition, region, account }, publish: async (event, origin) => events.publish(event, origin) }),
      new SchedulerService(assembly),
      new SqsService(assembly),
      ...(options.ssm?.services ?? []),
    ],
    onCall: async (call) => authorizeCall(call, access),
    onCommand: (event) => emit({ kind: 'command', ...event }),
    onOutput: (event) => emit({ kind: 'output', ...event }),
    lineMasking: () => sensitive.masking(),
    onInvocation: ({ at, commandId, instanceId, statusDetails: status }) =>
      emit({ kind: 'instance', at, commandId, instanceId, status }),
    onEvent: (event, sentBy) => {
      const origin = originOfSender(sentBy);
      origin.record.follow(events.publish(event, origin));
    },
  });
  registerDocuments(assembly, endpoint, true, warn);
  registerCalendars(assembly, endpoint, warn, options.calendars);

  function originOfSender(accessKeyId: string): Origin {
    return access.callerOf(accessKeyId) ?? { execution: '', record: new RunRecord() };
  }
  function originOf(id: string): Origin | undefined {
    const command = endpoint.commands().find(({ commandId }) => commandId === id);
    return command && originOfSender(command.sentBy);
  }

  const { dispatch } = endpoint;
  const tasks: Tasks = new Tasks(dispatch, access, executions);
  const events = new EventBus({
    assembly, access, clock, functions, lambda, dispatch, emit, executionEnd: async (arn) => executions.find(arn).execution.result,
  });
  return new LocalRun(jobs, workDir, endpoint, authorizer !== undefined, executions, {
    deploy: (folder) => {
      const before = topicsOf(assembly);
      assembly.replaceWith(CloudAssembly.read(folder));
      before.filter((topic) => !topicsOf(assembly).includes(topic)).forEach((topic) => topics.delete(topic));
      jobs.splice(0, jobs.length, ...jobsOf(assembly));
      registerDocuments(assembly, endpoint, false, warn);
      registerCalendars(assembly, endpoint, warn, options.calendars);
      authorizer?.forget();
      events.forget();
    },
    clock,
    scheduler: new Scheduler({ assembly, access, dispatch, executions, warn }),
    metrics: () => embeddedMetrics(functions.logFolder),
    notificationsOf: (arn) => subjects.get(arn) ?? [],
    publish: async (event) => events.publish(event, { execution: '', record: new RunRecord() }),
    mask: (text) => masking.text(text),
    onStart: (job) => {
      requireSecrets(assembly, job, valueOf);
      missingDocuments(assembly, job).forEach(warn);
      missingCalendars(assembly, job, Object.keys(options.calendars ?? {})).forEach(warn);
    },
    close: async () => {
      events.close();
      await executions.close();
      functions.close();
      await endpoint.close();
      instanceCli?.close();
      clock.close();
    },
    kill: () => {
      functions.close();
      endpoint.kill();
      instanceCli?.close();
    },
  });
}

function clockOf({ clock, speed }: LocalRunOptions): ScaledClock {
  if (clock !== undefined && speed !== undefined) {
    throw new UsageError(`a clock has its own speed, got speed ${speed}`);
  }
  return clock ?? new ScaledClock(speed);
}

function authorizerFor(assembly: CloudAssembly, authorize: 'required' | 'if installed' | 'off'): Authorizer | undefined {
  if (authorize === 'off') {
    return undefined;
  }
  return authorize === 'required' ? Authorizer.require(assembly) : Authorizer.load(assembly);
}

async function authorizeCall({ accessKeyId, action, resources }: ApiCall, access: AccessControl): Promise<void> {
  const denial = await access.check(access.callerOf(accessKeyId), action, resources);
  if (denial !== undefined) {
    throw new AwsError('AccessDeniedException', denial);
  }
}

/** A document that is not valid, or not known before a deployment, is missing only where a command needs it. */
function registerDocuments(assembly: CloudAssembly, endpoint: SsmEndpoint, isDefault: boolean, warn: (message: string) => void): void {
  for (const document of assembly.resources('AWS::SSM::Document')) {
    try {
      if ((document.text('DocumentType') ?? 'Command') !== 'Command') {
        continue;
      }
      endpoint.registerDocument({ name: document.ref, content: document.property('Content') as string | object, isDefault });
    } catch (error) {
      if (!(error instanceof UnresolvedValueError) && !(error instanceof AwsError)) {
        throw error;
      }
      warn(`the document ${document.label} can not be used: ${messageOf(error)}`);
    }
  }
}

function registerCalendars(
  assembly: CloudAssembly, endpoint: SsmEndpoint, warn: (message: string) => void, others: LocalRunOptions['calendars'] = {},
): void {
  for (const document of assembly.resources('AWS::SSM::Document')) {
    try {
      if (document.text('DocumentType') === 'ChangeCalendar') {
        endpoint.registerCalendar(document.ref, String(document.property('Content')));
      }
    } catch (error) {
      if (!(error instanceof UnresolvedValueError)) {
        throw error;
      }
      warn(`the calendar ${document.label} can not be used: ${messageOf(error)}`);
    }
  }
  Object.entries(others).forEach(([name, text]) => endpoint.registerCalendar(name, text));
}

function topicsOf(assembly: CloudAssembly): string[] {
  return assembly.resources('AWS::SNS::Topic').map(({ ref }) => ref);
}
