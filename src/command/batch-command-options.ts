/**
 * Options that every command has.
 */
export interface BatchCommandOptions {
  /**
   * The exit codes that mean success. Many products have one for "finished with warnings"; for those that have many, see `ExitCodes`.
   *
   * The agent reports 1 for its own failures, too, such as a server that lost its power: those are never a success.
   *
   * Of a script they must not be 212 to 215, which the launcher ends with if it did not start the script.
   *
   * SSM itself takes only 0 for success: it counts the others towards `maxErrors`, which is therefore 100 % if there is such a
   * code and no `maxErrors`.
   *
   * @default [0]
   */
  readonly successExitCodes?: number[];
}

/**
 * Options of a script.
 */
export interface ScriptCommandOptions extends BatchCommandOptions {
  /**
   * The folder that the script starts in. It must exist on every server. If only the deployment knows it, and it is no absolute path, no run
   * starts.
   *
   * @default - a folder of the SSM agent
   */
  readonly workingDirectory?: string;

  /**
   * Environment variables of the script. For values that differ from run to run, see the job's `parameters`.
   *
   * They show up in the template and in the SSM document: they are no place for secrets. A value that only the deployment knows arrives byte
   * for byte, too.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * Whether the script ends at the first command that fails. Otherwise only its last command decides on success.
   *
   * It is for shells and PowerShell: a script of another interpreter (`#!/usr/bin/python3`) ends as that interpreter has it. It is not for
   * the profile that a login shell (`#!/bin/bash -l`) reads before the script.
   *
   * @default true
   */
  readonly failFast?: boolean;
}

/**
 * Options of a shell script.
 */
export interface ShellCommandOptions extends ScriptCommandOptions {
  /**
   * The user that the script runs as. If only the deployment knows it, and it is no name of a user, no run starts.
   *
   * HOME, USER, LOGNAME and SHELL are those of the user, with /bin/sh for a SHELL that lets nobody in. Without `runAs` they are not set, as
   * in every Run Command. Nothing else of a login is done: no profile is read, and PAM is not asked, so that limits.conf has no effect.
   *
   * @default - root, as SSM has it
   */
  readonly runAs?: string;

  /**
   * The shell that reads the script, whatever its first line says. It must take the option `-e`, as every POSIX shell does, and must be known
   * at synth.
   *
   * @default - the interpreter that the script's first line names (`#!/bin/bash`, `#!/usr/bin/env python3`), otherwise /bin/sh
   */
  readonly shell?: string;
}

/**
 * Options of a PowerShell script. It runs as SYSTEM, as SSM has it.
 */
export interface PowerShellCommandOptions extends ScriptCommandOptions {}

/**
 * Options of a command that is an SSM document.
 */
export interface DocumentCommandOptions extends BatchCommandOptions {
  /**
   * Values of the document's parameters. Job parameters are handed to the document's parameters of the same name.
   *
   * @default - the document's defaults
   */
  readonly parameters?: { [name: string]: string[] };

  /**
   * The version of the document: a number, `$LATEST` or `$DEFAULT`.
   *
   * @default - the document's default version, which is the one that its owner has made the default, and not the latest. Of a document
   * that CloudFormation updates with `UpdateMethod: NewVersion` it may be an older one
   */
  readonly version?: string;

  /**
   * The document's parameter that takes the execution timeout, in seconds.
   *
   * Without it the document has its own limit, and the job's `executionTimeout` only says when the run is given up.
   *
   * @default - `executionTimeout` for AWS-RunShellScript and AWS-RunPowerShellScript, otherwise none
   */
  readonly executionTimeoutParameter?: string;
}
