import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { AccessControl, Caller, Origin } from '../../aws/access';
import { ScaledClock } from '../../aws/clock';
import { CloudAssembly } from '../../app/cloud-assembly';
import { TaskError, UnresolvedValueError, UsageError } from '../../app/errors';
import { LambdaAnswer } from './lambda-bootstrap';
import { lambdaEnvironment, LambdaProcesses } from './lambda-process';
import { LambdaFault, LambdaFaultKind, TaskFaults } from '../../aws/run-faults';
import { Resource } from '../../app/template';

export interface FunctionsOptions {
  readonly assembly: CloudAssembly;
  readonly access: AccessControl;
  readonly clock: ScaledClock;
  readonly endpointUrl: string;
  readonly workDir: string;
  readonly faults?: readonly LambdaFault[];
}

const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MB = 128;
/** What Step Functions says of a request that was lost, and of an answer: it cannot tell one from the other. */
const CONNECTION_LOST = 'Unable to execute HTTP request: Read timed out';

/** How an invocation ended, as Lambda sees it. */
export interface FunctionOutcome {
  readonly result?: unknown;
  /** What the handler threw. */
  readonly error?: LambdaAnswer['error'];
  /** Lambda's words for why the handler gave no answer. */
  readonly silence?: string;
  /** Nothing was invoked, because the function has no free concurrency. */
  readonly throttled?: boolean;
  /** Nothing was invoked: Lambda's words for a fault of its own. */
  readonly unavailable?: string;
  /** A fault wants that whoever waits for the answer does not get it. */
  readonly answerLost?: boolean;
}

/** The app's Lambda functions. */
export class Functions {
  private readonly processes: LambdaProcesses;
  private readonly faults: TaskFaults<LambdaFaultKind>;

  constructor(private readonly options: FunctionsOptions) {
    this.processes = new LambdaProcesses(() => options.clock.now());
    this.faults = new TaskFaults(options.faults);
  }

  /** @param reference A name or an ARN, with or without version or alias */
  public find(reference: string): Resource | undefined {
    const name =
      /^(?:arn:[^:]+:lambda:[^:]*:[^:]*:function:|\d{12}:function:)?([^:]+)(?::[^:]+)?$/.exec(reference)?.[1] ?? reference;
    return this.options.assembly.resources('AWS::Lambda::Function').find((candidate) => candidate.ref === name);
  }

  /**
   * Invokes a function as Step Functions does, and waits for its answer.
   *
   * @param caller The state machine, which needs the right to invoke
   * @returns what the handler returned
   * @throws TaskError as Step Functions sees failures of functions
   */
  public async invoke(reference: string, event: unknown, caller: Caller): Promise<unknown> {
    return this.options.clock.busy(this.authorizeAndRun(reference, event, caller));
  }

  /**
   * Invokes a function for someone who may.
   *
   * @param origin The execution that it has to do with
   * @throws UsageError if the local run can not run this function
   * @throws UnresolvedValueError if its code is not here
   */
  public async run(resource: Resource, arn: string, event: unknown, origin: Origin): Promise<FunctionOutcome> {
    return this.options.clock.busy(this.invokeOnce(resource, arn, event, origin));
  }

  /** Ends invocations that still run. */
  public close(): void {
    this.processes.close();
  }

  private async authorizeAndRun(reference: string, event: unknown, caller: Caller): Promise<unknown> {
    const resource = this.find(reference);
    const arn = reference.startsWith('arn:') ? reference : (resource?.attribute() ?? reference);
    const denial = await this.options.access.check(caller, 'lambda:InvokeFunction', [{ arn }]);
    if (denial !== undefined) {
      throw new TaskError(
        'Lambda.AWSLambdaException',
        `${denial} (Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException)`,
      );
    }
    if (resource === undefined) {
      throw new TaskError(
        'Lambda.ResourceNotFoundException',
        `Function not found: ${arn} (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException)`,
      );
    }
    return resultOf(await this.invokeOnce(resource, arn, event, caller));
  }

  /** Where what a function writes goes. */
  private logFile(resource: Resource): string {
    const folder = path.join(this.options.workDir, 'functions');
    fs.mkdirSync(folder, { recursive: true });
    return path.join(folder, `${resource.label}.log`);
  }

  private async invokeOnce(
    resource: Resource,
    arn: string,
    event: unknown,
    origin: Origin,
  ): Promise<FunctionOutcome> {
    const fault = this.faults.next([resource.label, resource.constructPath, resource.ref], event);
    if (fault === 'throttle') {
      return { throttled: true };
    }
    if (fault === 'internalError') {
      return { unavailable: 'ServiceException: Service error.' };
    }
    if (fault === 'loseRequest') {
      return { unavailable: CONNECTION_LOST, answerLost: true };
    }

    const awsRequestId = randomUUID();
    const timeoutSeconds = Number(resource.property('Timeout') ?? DEFAULT_TIMEOUT_SECONDS);
    const settings = this.settings(resource, origin);
    const { result, error, lost } = await this.processes.invoke({
      ...settings,
      timeoutSeconds,
      event,
      context: {
        functionName: resource.ref,
        invokedFunctionArn: arn,
        memoryLimitInMB: String(settings.memoryMb),
        awsRequestId,
        logGroupName: logGroupOf(resource),
        logStreamName: `local/${awsRequestId}`,
      },
      crash: fault === 'crashBefore' ? 'before' : fault === 'crashAfter' ? 'after' : undefined,
    });
    const timedOut = `RequestId: ${awsRequestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
    return { result, error, silence: fault === 'timeOut' ? timedOut : lost, answerLost: fault === 'loseResult' };
  }

  private settings(resource: Resource, { execution, record }: Origin): FunctionSettings {
    const handler = resource.text('Handler') ?? 'index.handler';
    const memoryMb = Number(resource.property('MemorySize') ?? DEFAULT_MEMORY_MB);
    const folder = this.codeFolder(resource);
    const { Variables = {} } = (resource.property('Environment') ?? {}) as { Variables?: { [name: string]: unknown } };
    const roleArn = resource.text('Role') ?? '';
    const accessKeyId = this.options.access.accessKeyFor({ roleArn, session: resource.ref, execution, record });
    const own = Object.entries(Variables).map(([name, value]) => [name, String(value)]);
    const runtime = lambdaEnvironment({
      endpointUrl: this.options.endpointUrl,
      accessKeyId,
      region: resource.template.region,
      functionName: resource.ref,
      memoryMb,
      handler,
      folder,
      logGroupName: logGroupOf(resource),
    });
    return {
      handler,
      memoryMb,
      folder,
      environment: { ...runtime, ...Object.fromEntries(own) },
      logFile: this.logFile(resource),
    };
  }

  /** The folder that a deployment would upload. */
  private codeFolder(resource: Resource): string {
    const runtime = resource.text('Runtime') ?? '';
    if (!runtime.startsWith('nodejs')) {
      throw new UsageError(`${resource.label}: the local run invokes functions of Node.js, not of '${runtime || 'a container'}'`);
    }
    const code = resource.property('Code') as { S3Key?: unknown; ZipFile?: string };
    if (code.ZipFile !== undefined) {
      return this.inlineCode(resource, code.ZipFile);
    }
    const folder = resource.asset(code.S3Key);
    if (folder === undefined || !fs.existsSync(folder)) {
      throw new UnresolvedValueError(`${resource.label}: its code is not in the app's output, got ${JSON.stringify(code)}`);
    }
    if (!fs.statSync(folder).isDirectory()) {
      throw new UnresolvedValueError(
        `${resource.label}: the local run needs code as a folder, got the file ${path.basename(folder)}`,
      );
    }
    return folder;
  }

  private inlineCode(resource: Resource, text: string): string {
    const folder = path.join(this.options.workDir, 'inline', resource.label);
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'index.js'), text);
    return folder;
  }
}

interface FunctionSettings {
  readonly handler: string;
  readonly memoryMb: number;
  readonly folder: string;
  readonly environment: { readonly [name: string]: string };
  readonly logFile: string;
}

/** @throws TaskError as Step Functions sees failures of functions */
function resultOf({ result, error, silence, throttled, unavailable, answerLost }: FunctionOutcome): unknown {
  if (throttled) {
    throw new TaskError('Lambda.TooManyRequestsException', 'Rate Exceeded.');
  }
  if (answerLost) {
    throw new TaskError('Lambda.SdkClientException', CONNECTION_LOST);
  }
  if (unavailable !== undefined) {
    throw new TaskError('Lambda.ServiceException', unavailable);
  }
  if (silence !== undefined) {
    throw new TaskError(
      'Lambda.Unknown',
      'The cause could not be determined because Lambda did not return an error type. ' +
        `Returned payload: ${JSON.stringify({ errorMessage: silence })}`,
    );
  }
  if (error !== undefined) {
    throw new TaskError(error.errorType, JSON.stringify(error));
  }
  return result;
}

function logGroupOf(resource: Resource): string {
  const { LogGroup } = (resource.property('LoggingConfig') ?? {}) as { LogGroup?: string };
  return LogGroup ?? `/aws/lambda/${resource.ref}`;
}
