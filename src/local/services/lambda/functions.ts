import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { lambdaEnvironment, LambdaOutcome, LambdaProcesses } from './process';
import { CloudAssembly } from '../../app/cloud-assembly';
import { UnresolvedValueError, UsageError } from '../../app/errors';
import { Resource } from '../../app/template';
import { AccessControl, Origin } from '../../aws/access';
import { ScaledClock } from '../../aws/clock';
import { FaultKind } from '../../aws/faults';

export interface FunctionsOptions {
  readonly assembly: CloudAssembly;
  readonly access: AccessControl;
  readonly clock: ScaledClock;
  /** Known when functions are invoked. */
  readonly endpointUrl: () => string;
  readonly workDir: string;
}

const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MB = 128;

/** The app's Lambda functions. */
export class Functions {
  private readonly processes: LambdaProcesses;

  constructor(private readonly options: FunctionsOptions) {
    this.processes = new LambdaProcesses(() => options.clock.now());
  }

  /** @param reference A name or an ARN, with or without version or alias */
  public find(reference: string): Resource | undefined {
    const name =
      /^(?:arn:[^:]+:lambda:[^:]*:[^:]*:function:|\d{12}:function:)?([^:]+)(?::[^:]+)?$/.exec(reference)?.[1] ?? reference;
    return this.options.assembly.resources('AWS::Lambda::Function').find((candidate) => candidate.ref === name);
  }

  /**
   * Invokes a function for someone who may. What it does takes real time.
   *
   * @param origin The execution that it has to do with
   * @param fault How its process ends, or what Lambda says of it
   * @throws UsageError if the local run can not run this function
   * @throws UnresolvedValueError if its code is not here
   */
  public async run(resource: Resource, arn: string, event: unknown, origin: Origin, fault?: FaultKind): Promise<LambdaOutcome> {
    return this.options.clock.busy(this.invokeOnce(resource, arn, event, origin, fault));
  }

  /** Ends invocations that still run. */
  public close(): void {
    this.processes.close();
  }

  /** Where the logs of all functions are. */
  public get logFolder(): string {
    return path.join(this.options.workDir, 'functions');
  }

  /** Where what a function writes goes. */
  private logFile(resource: Resource): string {
    fs.mkdirSync(this.logFolder, { recursive: true });
    return path.join(this.logFolder, `${resource.label}.log`);
  }

  private async invokeOnce(
    resource: Resource,
    arn: string,
    event: unknown,
    origin: Origin,
    fault: FaultKind | undefined,
  ): Promise<LambdaOutcome> {
    const awsRequestId = randomUUID();
    const timeoutSeconds = Number(resource.property('Timeout') ?? DEFAULT_TIMEOUT_SECONDS);
    const settings = this.settings(resource, origin);
    const outcome = await this.processes.invoke({
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
    return fault === 'timeOut' ? { lost: timedOut } : outcome;
  }

  private settings(resource: Resource, { execution, record }: Origin): FunctionSettings {
    const handler = resource.text('Handler') ?? 'index.handler';
    const memoryMb = Number(resource.property('MemorySize') ?? DEFAULT_MEMORY_MB);
    const folder = this.codeFolder(resource);
    const { Variables = {} } = (resource.property('Environment') ?? {}) as { Variables?: { [name: string]: unknown } };
    const roleArn = resource.text('Role') ?? '';
    const credentials = this.options.access.credentialsFor({ roleArn, session: resource.ref, execution, record });
    const own = Object.entries(Variables).map(([name, value]) => [name, String(value)]);
    const runtime = lambdaEnvironment({
      endpointUrl: this.options.endpointUrl(),
      credentials,
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

function logGroupOf(resource: Resource): string {
  const { LogGroup } = (resource.property('LoggingConfig') ?? {}) as { LogGroup?: string };
  return LogGroup ?? `/aws/lambda/${resource.ref}`;
}
