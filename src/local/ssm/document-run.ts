import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Clock } from '../clock';
import { Timers } from '../timers';
import { decide, EXIT_WITH_FAILURE, EXIT_WITH_SUCCESS } from './control-flow';
import { DocumentStep } from './document';
import { Command, Invocation, logGroupOf, StepResult } from './invocation';
import { LogGroups } from './log-streams';
import { OutputFile } from './output-file';
import { substitute } from './parameters';
import { REBOOT_EXIT_CODE, ScriptOutcome, ScriptProcess, STOPPED_EXIT_CODE } from './script-process';
import { prepareScript, SCRIPT_ACTIONS } from './script-step';
import { StatusDetails } from './status';
import { MAX_STDERR_BYTES, MAX_STDOUT_BYTES, pluginOutput, prefix } from './truncation';

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
}

/** A document that runs on an instance, step by step. */
export class DocumentRun {
  private current?: ScriptProcess;
  private stopped?: 'cancelled' | 'died';

  constructor(private readonly command: Command, private readonly invocation: Invocation, private readonly on: RunSurroundings) {}

  /** @returns how the document ended; undefined when the instance died, so that nobody can tell */
  async execute(): Promise<StatusDetails | undefined> {
    const { document, values } = this.command;
    for (const [index, step] of document.content.steps.entries()) {
      const result = this.invocation.steps[index];
      const decision = decide(index, document.content.steps, this.invocation.steps, values, this.invocation.instance.platform);
      if (decision.kind === 'run') {
        await this.run(step, result);
      } else {
        result.details = decision.kind === 'skip' ? 'Success' : 'Failed';
        result.exitCode = decision.kind === 'skip' ? 0 : 1;
        result.output = decision.reason;
      }
      if (this.stopped === 'died') {
        return undefined;
      }
    }
    const all = this.invocation.steps.map(({ details }) => details);
    return (['Failed', 'ExecutionTimedOut', 'Cancelled'] as const).find(details => all.includes(details)) ?? 'Success';
  }

  /** Kills what runs; steps that follow are not started. */
  cancel(): void {
    this.stop('cancelled');
  }

  /** The instance is gone, and what ran on it. */
  die(): void {
    this.stop('died');
  }

  private stop(reason: 'cancelled' | 'died'): void {
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
      const outcome = this.stopped ? { exitCode: 1, ending: 'stopped' as const } : await this.start(step, folder, stdout, stderr);
      if (this.stopped !== 'died') {
        this.finish(step, result, outcome, stdout, stderr);
      }
    } finally {
      stdout.close();
      stderr.close();
    }
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
    let remark = '';
    result.exitCode = outcome.exitCode;
    result.details = this.details(outcome);
    if (outcome.exitCode === EXIT_WITH_SUCCESS) {
      result.details = 'Success';
      remark = '\nStep exited with code 168. Therefore, marking step as succeeded. Further document steps will be skipped.';
    } else if (outcome.exitCode === EXIT_WITH_FAILURE) {
      remark = '\nStep exited with code 169. Therefore, marking step as Failed. Further document steps will be skipped.';
    } else if (outcome.exitCode === REBOOT_EXIT_CODE) {
      stderr.write(`\nexit code ${REBOOT_EXIT_CODE} makes the agent reboot the instance and run the script again, ` +
        'which is not supported by the local run');
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
    result.endedAt = this.on.clock.now();
  }

  private details({ exitCode, ending }: ScriptOutcome): StatusDetails {
    if (this.stopped || ending === 'stopped') return 'Cancelled';
    // A script that passes on 137, because its program was killed for want of memory, looks the same to the agent.
    if (exitCode === STOPPED_EXIT_CODE) return 'ExecutionTimedOut';
    return exitCode === 0 ? 'Success' : 'Failed';
  }

  private output(folder: string, step: DocumentStep, file: 'stdout' | 'stderr'): OutputFile {
    const path = join(folder, file);
    const group = logGroupOf(this.command);
    const name = [this.command.commandId, this.invocation.instance.instanceId, step.name.replace(/[:*]/g, '-'), file].join('/');
    return new OutputFile(path, group === undefined ? undefined : this.on.logs.create(group, name, path));
  }
}

function cut(text: string, bytes: number): string {
  return Buffer.from(text).subarray(0, bytes).toString();
}
