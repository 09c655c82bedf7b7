import { Construct } from 'constructs';
import { BatchCommandOptions, DocumentCommandOptions, PowerShellCommandOptions, ScriptCommandOptions, ShellCommandOptions } from './batch-command-options';
import { checkWindowsNames, checkWindowsValues } from './environment-variable';
import { RunDocument, SharedScript } from './job-document';
import { JobKey, checkWindowsKey } from '../job-key';
import { DocumentSettings, OverlapPolicy } from '../protocol';
import { refuseNameFromElsewhere, refuseRegion } from '../references';
import { warnOfSecretNames } from '../secret-names';
import { SharedText } from '../shared-text';
import { isKnown, refuse, refuseNumberTokens } from '../validation';
import { interpreterOf } from './launcher/interpreter';
import { OutputRules } from './launcher/output-rules';
import { powerShellLauncher } from './launcher/powershell';
import { checkNotTwice, checkPosixPath, checkScript, checkShellExitCodes, checkWindowsPath, warnOfScript } from './launcher/script-rules';
import { LauncherSecret } from './launcher/secrets';
import { LauncherOptions, shellLauncher } from './launcher/shell';
import { checkOutputRules } from './output-rules';
import { launcherLock, overlapPolicy, refuseOverlapPolicy, refuseToWait } from './overlap';

/**
 * What a command needs of its job.
 *
 * @internal
 */
export interface BatchCommandContext {
  readonly jobName: string;
  /** Names the job's folder on its instances. */
  readonly jobKey: JobKey;
  readonly executionTimeoutSeconds: number;
  /** With `OverlapPolicy.WAIT`. */
  readonly overlapWaitSeconds?: number;
  readonly parameterNames: string[];
  readonly secrets: readonly LauncherSecret[];
  /** Of those that have one. */
  readonly parameterDescriptions: { [name: string]: string };
  /** As the user has set it. */
  readonly overlapPolicy?: OverlapPolicy;
  readonly isScheduled: boolean;
  /** Where the stack has a place for what its jobs have in common. */
  readonly text?: SharedText;
}

/**
 * What a command brings to its job.
 *
 * @internal
 */
export interface BatchCommandConfig {
  readonly settings: DocumentSettings;
  readonly successExitCodes: number[];
  readonly overlapPolicy: OverlapPolicy;
}

/**
 * What runs on the instances.
 *
 * @example
 * const script = BatchCommand.shell('bin/index.sh --sites sites.txt', { runAs: 'crawler', workingDirectory: '/opt/crawler' });
 */
export abstract class BatchCommand {
  /**
   * A shell script, on Linux instances.
   *
   * It is a file that is run as plain Run Command runs it: `$0`, `ps`, signals, `/dev/stderr` and the first line (`#!`) are what they
   * are there.
   *
   * @param script one command or many lines, byte for byte. A token in it becomes part of the script: better hand it over in `environment`
   * @throws if the script is empty, its first line names no absolute path, or an option is not what it must be.
   */
  public static shell(script: string, options: ShellCommandOptions = {}): BatchCommand {
    return new ShellCommand(script, options);
  }

  /**
   * A PowerShell script, on Windows instances.
   *
   * @param script one command or many lines. It reaches PowerShell unchanged.
   * @throws if the script is empty, or an option is not what it must be.
   */
  public static powerShell(script: string, options: PowerShellCommandOptions = {}): BatchCommand {
    return new PowerShellCommand(script, options);
  }

  /**
   * An SSM document that exists: one of AWS's (AWS-RunAnsiblePlaybook), a vendor's, or your own.
   *
   * A second start of the same run, and runs that overlap, can only be refused on the instance by the job's own documents (`shell`,
   * `powerShell`).
   *
   * @param nameOrArn the name, or the ARN if another account shares the document. A token is taken for a name in this account, unless
   * `arn:` stands before it, as in what `Stack.formatArn` returns
   * @throws if the name or an option is not what it must be.
   */
  public static document(nameOrArn: string, options: DocumentCommandOptions = {}): BatchCommand {
    return new DocumentCommand(nameOrArn, options);
  }

  /** @internal */
  protected readonly _successExitCodes: number[];

  /** For the commands of this package: `shell`, `powerShell` and `document` make them. */
  protected constructor(options: BatchCommandOptions) {
    const codes = options.successExitCodes ?? [0];
    refuseNumberTokens('successExitCodes', codes);
    if (codes.length === 0 || !codes.every((code) => Number.isInteger(code) && code >= 0) || new Set(codes).size !== codes.length) {
      refuse('successExitCodes', 'must be different whole numbers of 0 or more, at least one', codes);
    }
    this._successExitCodes = codes;
  }

  /** @internal */
  public abstract _bind(scope: Construct, context: BatchCommandContext): BatchCommandConfig;
}

class ShellCommand extends BatchCommand {
  constructor(private readonly script: string, private readonly options: ShellCommandOptions) {
    super(options);
    checkScript(script, options);
    if (options.shell !== undefined && !isKnown(options.shell)) {
      refuse('shell', 'must be known at synth, because it stands in the script that starts the program', options.shell);
    }
    checkPosixPath('shell', options.shell);
    checkPosixPath('workingDirectory', options.workingDirectory);
    checkOutputRules('failOnOutput', options.failOnOutput);
    checkOutputRules('requireOutput', options.requireOutput);
    checkShellExitCodes(this._successExitCodes, hasOutputRules(options));
    // What useradd accepts, and the names that directory services make of it.
    if (isKnown(options.runAs) && !/^[A-Za-z_][A-Za-z0-9._@\\-]{0,255}\$?$/.test(options.runAs)) {
      refuse('runAs', 'must be the name of a user', options.runAs);
    }
  }

  public _bind(scope: Construct, context: BatchCommandContext): BatchCommandConfig {
    checkNotTwice(this.options, context.parameterNames, namesOf(context.secrets));
    warnOfScript(scope, this.script, this.options.shell);
    warnOfSecretVariables(scope, this.options);
    const { failFast = true, failOnOutput = [], requireOutput = [], successExitCodes: _, ...options } = this.options;
    const outputRules = hasOutputRules(this.options) ? { failOnOutput, requireOutput, successExitCodes: this._successExitCodes } : undefined;
    const document = new RunDocument(scope, 'Document', {
      ...context,
      action: 'aws:runShellScript',
      ...launch(shellLauncher, { ...options, script: this.script, failFast, outputRules }, context),
    });
    const isShell = interpreterOf(this.script, options.shell).failFastWords !== undefined;
    return ownDocument(document, this._successExitCodes, context, { failFast: failFast && isShell, outputRules: outputRules !== undefined });
  }
}

class PowerShellCommand extends BatchCommand {
  constructor(private readonly script: string, private readonly options: PowerShellCommandOptions) {
    super(options);
    checkScript(script, options);
    checkWindowsValues(options.environment ?? {});
    checkWindowsPath('workingDirectory', options.workingDirectory);
  }

  public _bind(scope: Construct, context: BatchCommandContext): BatchCommandConfig {
    checkNotTwice(this.options, context.parameterNames, namesOf(context.secrets));
    checkWindowsKey(context.jobKey.atSynth);
    checkWindowsNames(Object.keys(this.options.environment ?? {}), context.parameterNames, namesOf(context.secrets));
    warnOfSecretVariables(scope, this.options);
    refuseToWait(context);
    const { failFast = true, ...options } = this.options;
    const document = new RunDocument(scope, 'Document', {
      ...context,
      action: 'aws:runPowerShellScript',
      ...launch(powerShellLauncher, { ...options, script: this.script, failFast }, context),
    });
    return ownDocument(document, this._successExitCodes, context, { failFast, outputRules: false });
  }
}

function hasOutputRules({ failOnOutput, requireOutput }: ShellCommandOptions): boolean {
  return failOnOutput !== undefined || requireOutput !== undefined;
}

function warnOfSecretVariables(scope: Construct, { environment = {} }: ScriptCommandOptions): void {
  const names = Object.keys(environment).filter((name) => environment[name] !== '');
  warnOfSecretNames(scope, 'environment', names, 'the template and the SSM document');
}

/** The lines that start a script, and which of them other jobs have, too: those of a job that has nothing of its own. */
function launch(
  launcher: (options: LauncherOptions) => string[], options: Omit<LauncherOptions, 'jobKey' | 'parameterNames' | 'secrets'>, context: BatchCommandContext,
): { runCommand: string[]; sharing?: SharedScript } {
  const { jobKey, parameterNames, secrets, text } = context;
  const lock = launcherLock(context);
  const { runAs, shell, failFast, outputRules } = options;
  return {
    runCommand: launcher({ ...options, jobKey: jobKey.value, parameterNames, secrets, lock }),
    sharing: text && {
      text,
      lines: new Set(launcher({
        runAs,
        shell,
        failFast,
        lock,
        outputRules: withoutRules(outputRules),
        script: ':',
        jobKey: '-',
        parameterNames: [],
        secrets: secrets.map(() => ({ name: '-', arn: '-' })),
      })),
    },
  };
}

/** Of other jobs that judge their output, too. */
function withoutRules(rules: OutputRules | undefined): OutputRules | undefined {
  return rules && { failOnOutput: rules.failOnOutput.map(() => '-'), requireOutput: rules.requireOutput.map(() => '-'), successExitCodes: [] };
}

function namesOf(secrets: readonly LauncherSecret[]): string[] {
  return secrets.map(({ name }) => name);
}

function ownDocument(
  { settings }: RunDocument, successExitCodes: number[], context: BatchCommandContext,
  { failFast, outputRules }: { failFast: boolean; outputRules: boolean },
): BatchCommandConfig {
  return {
    settings: { ...settings, ...failFast ? { failFast } : {}, ...outputRules ? { outputRules } : {} },
    successExitCodes,
    overlapPolicy: overlapPolicy(context),
  };
}

/** Documents whose parameter for the execution timeout is known. */
const EXECUTION_TIMEOUT_PARAMETERS = new Map([
  ['AWS-RunShellScript', 'executionTimeout'],
  ['AWS-RunPowerShellScript', 'executionTimeout'],
]);

/** What the agent replaces in a document (amazon-ssm-agent: docparser/parameters). */
const DOCUMENT_PARAMETER_NAME = /^[A-Za-z0-9]+$/;

/** A document that is shared is shared in its region. */
function refuseDocumentElsewhere(scope: Construct, nameOrArn: string): void {
  const prop = 'the document of a command';
  refuseNameFromElsewhere(scope, prop, nameOrArn);
  const [, , , region] = nameOrArn.startsWith('arn:') && isKnown(nameOrArn) ? nameOrArn.split(':') : [];
  refuseRegion(scope, prop, region);
}

class DocumentCommand extends BatchCommand {
  constructor(private readonly nameOrArn: string, private readonly options: DocumentCommandOptions) {
    super(options);
    // The name pattern of SendCommand's DocumentName.
    if (isKnown(nameOrArn) && !/^[A-Za-z0-9_\-.:/]{3,128}$/.test(nameOrArn)) {
      refuse('the document of a command', 'must be the name or ARN of an SSM document', nameOrArn);
    }
    if (isKnown(options.version) && !/^(\$LATEST|\$DEFAULT|[1-9][0-9]*)$/.test(options.version)) {
      refuse('version', 'must be $LATEST, $DEFAULT or a number', options.version);
    }
    for (const [name, values] of Object.entries(options.parameters ?? {})) {
      if (!Array.isArray(values) || !values.every((value) => typeof value === 'string')) {
        refuse(`the document's parameter ${name}`, 'must be a list of strings', values);
      }
    }
  }

  public _bind(scope: Construct, context: BatchCommandContext): BatchCommandConfig {
    refuseOverlapPolicy(context);
    refuseDocumentElsewhere(scope, this.nameOrArn);
    const parameters = this.options.parameters ?? {};
    warnOfSecretNames(scope, 'the document\'s parameters', Object.keys(parameters), 'the template, the history of executions and the list of commands');
    const timeoutParameter = this.options.executionTimeoutParameter
      ?? EXECUTION_TIMEOUT_PARAMETERS.get(this.nameOrArn.replace(/^arn:.*:document\//, ''));
    const names = [...Object.keys(parameters), ...context.parameterNames, ...timeoutParameter !== undefined ? [timeoutParameter] : []];
    const malformed = names.find((name) => !DOCUMENT_PARAMETER_NAME.test(name));
    if (malformed !== undefined) {
      refuse(`the document's parameter ${malformed}`, 'must have letters and digits only', malformed);
    }
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      refuse(`the document's parameter ${twice}`, 'must be set in one place only', names);
    }
    return {
      settings: {
        name: this.nameOrArn,
        version: this.options.version,
        own: false,
        parameters,
        executionTimeoutParameter: timeoutParameter,
      },
      successExitCodes: this._successExitCodes,
      overlapPolicy: OverlapPolicy.ALLOW,
    };
  }
}
