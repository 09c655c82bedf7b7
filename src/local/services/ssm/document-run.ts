import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Invocation, logGroupOf, StatusDetails, StepResult } from './command';
import { DocumentStep } from './document';
import { Platform } from './fleet';
import { MAX_STDERR_BYTES, MAX_STDOUT_BYTES, pluginOutput, prefix } from './output';
import { OutputLine, OutputLines } from './output-lines';
import { ParameterValues, substitute } from './parameters';
import { OutputFile, prepareScript, REBOOT_EXIT_CODE, SCRIPT_ACTIONS, ScriptOutcome, ScriptProcess, STOPPED_EXIT_CODE, turnToStart } from './script';
import { Clock } from '../../aws/clock';
import { Timers } from '../../aws/timers';
import { LogGroups } from '../logs/log-streams';
import { Masking } from '../secrets/masking';

/** How long after it was lost the agent reports a document, because the instance has to boot. */
export const BOOT_MS = 60_000;

/** How long the agent takes with the rest of the output once a script has ended; only then it reports the end. */
const UPLOAD_MS = 2_500;

/** @see https://github.com/aws/amazon-ssm-agent agent/framework/processor/executer/outofproc/master.go */
const LOST = 'document process failed unexpectedly: document worker exited , ' +
  'check [ssm-document-worker]/[ssm-session-worker] log for crash reason';

const PARAMETER_STORE_REFERENCE = /\{\{ *ssm:[/\w.:-]+ *\}\}/;

/** What a run needs of its instance. */
export interface RunSurroundings {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logs: LogGroups;
  /** Where scripts run unless the document says otherwise. */
  readonly workingDirectory: string;
  /** Where scripts and their output are kept: a folder for each step. */
  readonly folder: string;
  readonly environment: { readonly [name: string]: string };
  /** What hides values of secrets in what scripts write. */
  readonly masking: Masking;
  /** Who gets what scripts print, line by line. */
  readonly lines?: LineListener;
}

/** Which stream a line was printed to. */
export interface OutputStream {
  readonly step: string;
  readonly stream: 'stdout' | 'stderr';
  /** Where all of it is kept. */
  readonly file: string;
}

export interface LineListener {
  readonly onLine: (line: OutputLine, stream: OutputStream) => void;
  /** What is hidden in lines besides values of secrets, as known when a script begins. */
  readonly masking: () => Masking;
}

/** A document that runs on an instance, step by step. */
export class DocumentRun {
  private current?: ScriptProcess;
  private hasDied!: () => void;
  private readonly death = new Promise<void>((resolve) => {
    this.hasDied = resolve;
  });
  private stopped?: 'cancelled' | 'died' | 'rebooted' | 'lost';

  constructor(private readonly command: Command, private readonly invocation: Invocation, private readonly on: RunSurroundings) {}

  /** @returns how the document ended; undefined when the instance died, so that nobody can tell */
  public async execute(): Promise<StatusDetails | undefined> {
    const { document, values } = this.command;
    for (const [index, step] of document.content.steps.entries()) {
      const result = this.invocation.steps[index];
      const decision = decide(index, document.content.steps, this.invocation.steps, values, this.invocation.instance.platform);
      if (decision.kind === 'run') {
        await this.run(step, result);
      } else {
        result.details = decision.kind === 'skip' ? 'Skipped' : 'Failed';
        result.exitCode = decision.kind === 'skip' ? 0 : 1;
        result.output = decision.reason;
      }
      if (this.stopped === 'died') {
        return undefined;
      }
      if (this.isLost()) {
        return this.reportLoss(result);
      }
    }
    const all = this.invocation.steps.map(({ details }) => details);
    return (['Failed', 'ExecutionTimedOut', 'Cancelled'] as const).find((details) => all.includes(details)) ?? 'Success';
  }

  /** Kills what runs; steps that follow are not started. */
  public cancel(): void {
    this.stop('cancelled');
  }

  /** The instance is gone, and what ran on it. */
  public die(): void {
    this.stopped = 'died';
    this.current?.stop();
    this.hasDied();
  }

  /** The instance is gone with what ran on it, and comes back: its agent reports that the document was lost. */
  public reboot(): void {
    this.stop('rebooted');
  }

  /** The agent has lost the process that runs the document; the script lives on. */
  public lose(): void {
    this.stopped ??= 'lost';
    this.current?.abandon();
  }

  private isLost(): boolean {
    return this.stopped === 'rebooted' || this.stopped === 'lost';
  }

  private async reportLoss(result: StepResult): Promise<StatusDetails | undefined> {
    if (this.stopped === 'rebooted') {
      await this.pause(BOOT_MS);
    }
    if (!this.isLost()) {
      return undefined;
    }
    Object.assign(result, { details: 'Failed', exitCode: 1, output: LOST, stdout: LOST, stderr: '', endedAt: this.on.clock.now() });
    return 'Failed';
  }

  private stop(reason: 'cancelled' | 'rebooted'): void {
    this.stopped ??= reason;
    this.current?.stop();
  }

  private async run(step: DocumentStep, result: StepResult): Promise<void> {
    result.startedAt = this.on.clock.now();
    result.details = 'InProgress';
    const folder = join(this.on.folder, step.name);
    mkdirSync(folder, { recursive: true });
    const stdout = this.output(folder, step, 'stdout');
    const stderr = this.output(folder, step, 'stderr');
    try {
      let outcome = await this.attempt(step, folder, stdout, stderr);
      while (outcome.exitCode === REBOOT_EXIT_CODE && !this.stopped) {
        await this.pause(BOOT_MS);
        outcome = await this.attempt(step, folder, stdout, stderr);
      }
      const ended = { ...result };
      this.finish(step, ended, outcome, stdout, stderr);
      [stdout, stderr].forEach((file) => file.close());
      await this.pause(logGroupOf(this.command) === undefined ? 0 : UPLOAD_MS);
      if (this.stopped !== 'died' && !this.isLost()) {
        Object.assign(result, ended, { endedAt: this.on.clock.now() });
      }
    } finally {
      stdout.close();
      stderr.close();
    }
  }

  /** Ends at once where the instance dies: at the end of the local run, nobody wakes who sleeps. */
  private async pause(milliseconds: number): Promise<void> {
    if (milliseconds > 0) {
      await Promise.race([this.on.timers.sleep(milliseconds), this.death]);
    }
  }

  private async attempt(step: DocumentStep, folder: string, stdout: OutputFile, stderr: OutputFile): Promise<ScriptOutcome> {
    return this.stopped ? { exitCode: 1, ending: 'stopped' } : this.on.clock.program(this.start(step, folder, stdout, stderr));
  }

  private async start(step: DocumentStep, folder: string, stdout: OutputFile, stderr: OutputFile): Promise<ScriptOutcome> {
    try {
      if (!SCRIPT_ACTIONS.includes(step.action)) {
        throw new Error(`${step.action} is not supported by the local run, only ${SCRIPT_ACTIONS.join(' and ')}`);
      }
      const inputs = substitute(step.inputs, this.command.values) as DocumentStep['inputs'];
      const reference = PARAMETER_STORE_REFERENCE.exec(JSON.stringify(inputs));
      if (reference) {
        throw new Error(`the local run has no Parameter Store to resolve ${reference[0]}`);
      }
      await turnToStart();
      if (this.stopped) {
        return { exitCode: 1, ending: 'stopped' };
      }
      const script = prepareScript(step.action, inputs, folder, this.on.workingDirectory);
      this.current = new ScriptProcess({
        ...script,
        environment: { ...this.on.environment, ...script.environment, SSM_COMMAND_ID: this.command.commandId },
        stdout,
        stderr,
        timers: this.on.timers,
      });
    } catch (error) {
      stderr.write((error as Error).message);
      return { exitCode: 1, ending: 'exited' };
    }
    const outcome = await this.current.outcome;
    if (outcome.error) {
      stderr.write(`failed to run commands: ${outcome.error}`);
    }
    return outcome;
  }

  private finish(step: DocumentStep, result: StepResult, outcome: ScriptOutcome, stdout: OutputFile, stderr: OutputFile): void {
    [stdout, stderr].forEach((file) => file.flush());
    let remark = '';
    result.exitCode = outcome.exitCode;
    result.details = this.details(outcome);
    if (outcome.exitCode === EXIT_WITH_SUCCESS) {
      result.details = 'Success';
      remark = '\nStep exited with code 168. Therefore, marking step as succeeded. Further document steps will be skipped.';
    } else if (outcome.exitCode === EXIT_WITH_FAILURE) {
      remark = '\nStep exited with code 169. Therefore, marking step as Failed. Further document steps will be skipped.';
    } else if (result.details === 'Failed' && ['exit', 'successAndExit'].includes(String(step.inputs.onFailure))) {
      remark = '\nStep was found to have onFailure property. Further document steps will be skipped.';
      if (step.inputs.onFailure === 'successAndExit') {
        result.details = 'Success';
        result.exitCode = EXIT_WITH_SUCCESS;
      }
    }
    const out = stdout.head(MAX_STDOUT_BYTES + 1);
    const succeeds = outcome.exitCode === EXIT_WITH_SUCCESS;
    const err = succeeds ? Buffer.alloc(0) : stderr.head(MAX_STDOUT_BYTES + 1);
    result.output = pluginOutput(out, err);
    result.stdout = prefix(Buffer.concat([out, Buffer.from(remark)]));
    result.stderr = cut(prefix(Buffer.concat([err, Buffer.from(succeeds ? '' : remark)])), MAX_STDERR_BYTES);
  }

  private details({ exitCode, ending }: ScriptOutcome): StatusDetails {
    if (this.stopped || ending === 'stopped') {
      return 'Cancelled';
    }
    // A script that passes on 137, because its program was killed for want of memory, looks the same to the agent.
    if (exitCode === STOPPED_EXIT_CODE) {
      return 'ExecutionTimedOut';
    }
    return exitCode === 0 ? 'Success' : 'Failed';
  }

  private output(folder: string, step: DocumentStep, stream: 'stdout' | 'stderr'): OutputFile {
    const { lines, logs, masking } = this.on;
    const file = join(folder, stream);
    const group = logGroupOf(this.command);
    const name = [this.command.commandId, this.invocation.instance.instanceId, step.name.replace(/[:*]/g, '-'), stream].join('/');
    return new OutputFile(file, masking.stream(), [
      ...group === undefined ? [] : [logs.create(group, name, file)],
      ...lines === undefined ? [] : [new OutputLines(lines.masking().stream(), (line) => lines.onLine(line, { step: step.name, stream, file }))],
    ]);
  }
}

function cut(text: string, bytes: number): string {
  return Buffer.from(text).subarray(0, bytes).toString();
}

/** Exit codes by which a step ends the document, as the agent takes them. */
export const EXIT_WITH_SUCCESS = 168;
export const EXIT_WITH_FAILURE = 169;

/** Whether a step runs; a skipped step is a form of success. */
export type StepDecision = { readonly kind: 'run' } | { readonly kind: 'skip' | 'fail'; readonly reason: string };

/**
 * Decides about a step, from what came before it and from its preconditions. A failed step alone does not stop a document.
 *
 * @see https://github.com/aws/amazon-ssm-agent agent/framework/runpluginutil/runpluginutil.go
 */
export function decide(
  index: number, steps: readonly DocumentStep[], results: readonly StepResult[], values: ParameterValues, platform: Platform,
): StepDecision {
  const step = steps[index];
  const last = index === steps.length - 1;
  const ended = steps.slice(0, index).some((earlier, at) => endsDocument(earlier, results[at]));
  if (ended && !(last && String(step.inputs.finallyStep) === 'true')) {
    return {
      kind: 'skip',
      reason: `Plugin with name ${step.action} and id ${step.name} skipped due to prior step with an exit condition`,
    };
  }
  for (const [operator, operands] of Object.entries(step.precondition ?? {})) {
    if (operator !== 'StringEquals' || operands.length !== 2) {
      return {
        kind: 'fail',
        reason: `Unrecognized precondition(s): '"${operator}"', please update agent to latest version. Step name: ${step.name}`,
      };
    }
    if (!holds(operands, values, platform)) {
      return {
        kind: 'skip',
        reason: `Step execution skipped due to unsatisfied preconditions: '"${operator}": [${operands.join(', ')}]'. ` +
          `Step name: ${step.name}`,
      };
    }
  }
  return { kind: 'run' };
}

function endsDocument({ inputs }: DocumentStep, { details, exitCode }: StepResult): boolean {
  return exitCode === EXIT_WITH_SUCCESS || exitCode === EXIT_WITH_FAILURE ||
    (details === 'Failed' && inputs.onFailure === 'exit') ||
    (details === 'Success' && inputs.onSuccess === 'exit');
}

function holds(operands: readonly string[], values: ParameterValues, platform: Platform): boolean {
  const other = operands.find((operand) => operand !== 'platformType');
  if (operands.includes('platformType')) {
    return other?.toLowerCase() === platform.toLowerCase();
  }
  const [left, right] = operands.map((operand) => substitute(operand, values));
  return left === right;
}
