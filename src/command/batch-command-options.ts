/**
 * Options that every command has.
 */
export interface BatchCommandOptions {
  /**
   * The exit codes that mean success. Many products have one for "finished with warnings"; for those that have many, see `ExitCodes`.
   *
   * The agent reports 1 for its own failures, too, such as an instance that lost its power: those are never a success.
   *
   * Of a script they must not be 212 to 215, which the launcher ends with if it did not start the script, nor 211 where it has `failOnOutput` or
   * `requireOutput`.
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
   * The folder that the script starts in. It must exist on every instance. If only the deployment knows it, and it is no absolute path, no run
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

  /**
   * A run fails where a line of the program's stdout or stderr matches one of these expressions: many products print what went wrong, and end
   * with 0. Its exit code is then 211, and the report has the rule and the line.
   *
   * They are extended regular expressions as POSIX has them (`grep -E`): `[0-9]` and not `\d`, `[[:space:]]` and not `\s`, `[Ee]rror` for
   * either case. What greps understand differently is refused, and so is what matches an empty line. Bytes are compared, as in the C locale.
   * An expression that only the deployment knows is checked on the instance, before the program starts.
   *
   * The launcher passes the output on as it comes, and judges a copy of it, all of it, whatever its size; of a line that is longer than
   * 8,192 bytes, it judges each part of that size as a line. The output ends when all processes that have it open have ended: until then the
   * run goes on, as it does without rules.
   *
   * A program that ends with another exit code than those in `successExitCodes` has failed by itself, and its exit code stays.
   *
   * Between 1 and 10 expressions, of 256 characters at most.
   *
   * @default - the output does not decide
   */
  readonly failOnOutput?: string[];

  /**
   * A run fails where one of these expressions is matched by no line of the program's stdout or stderr: for programs that say that they have
   * finished, and do not always. Its exit code is then 211, and the report has the rule.
   *
   * They are read as those of `failOnOutput`.
   *
   * Between 1 and 10 expressions, of 256 characters at most.
   *
   * @default - the output does not decide
   */
  readonly requireOutput?: string[];
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
