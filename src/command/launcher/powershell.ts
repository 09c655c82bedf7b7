import { Token } from 'aws-cdk-lib';
import { CHECKED_KIBIBYTES, CHECKED_WORDS } from './check';
import { separate } from './double-braces';
import { LAUNCHER_INTRODUCTION } from './introduction';
import { DYING_SECONDS, LauncherLock, OVERDUE_SECONDS } from './lock';
import { MARK_DAYS } from './mark';
import { readSecrets } from './powershell-secrets';
import { quote } from './powershell-word';
import { LauncherOptions } from './shell';
import {
  ALREADY_RUNNING_EXIT_CODE, ALREADY_STARTED_EXIT_CODE, DocumentParameter, INTERRUPTED_EXIT_CODE, NOT_STARTED_EXIT_CODE,
} from '../../protocol';

/**
 * What must not stand in a here-string of a document: `{{`, and `'@` at the beginning of a line. PowerShell takes typographic
 * quotes for quotes.
 */
const UNSAFE_PLACES = /(?<=\{)~*(?=\{)|(?<=(?:^|[\r\n])['\u2018-\u201b])~*(?=@)/g;

/**
 * The lines of `aws:runPowerShellScript` that start a script, once per run.
 *
 * The agent (amazon-ssm-agent 3.3, executers and runscript) joins the lines with line feeds to a file in UTF-8 and runs
 * `powershell.exe … -f FILE`: Windows PowerShell 5.1, as SYSTEM. The exit code is that of `exit`, 1 after an error that ended the
 * script, otherwise that of the last program that the script ran. PowerShell 5.1 goes on after a program that fails: with
 * `failFast` it ends at the first error of a cmdlet, and PowerShell 7 also at the first program that fails.
 *
 * The state folder is cots-batch-job in ProgramData, or what the agent's environment has in `COTS_BATCH_JOB_STATE`.
 *
 * @throws if `runAs` or `shell` is set: neither has a meaning here.
 */
export function powerShellLauncher(options: LauncherOptions): string[] {
  for (const name of ['runAs', 'shell'] as const) {
    if (options[name] !== undefined) {
      throw new Error(`${name} is not supported for PowerShell scripts, got ${JSON.stringify(options[name])}`);
    }
  }
  return [
    ...INTRODUCTION,
    ...nameRun(options.jobKey),
    ...makeFolders(),
    ...refuseLateStart(),
    ...checkRoom(),
    ...setVariables(options.parameterNames),
    ...setEnvironment(options.environment ?? {}),
    ...enterFolder(options.workingDirectory),
    ...decodeScript(options.script),
    ...(options.lock === undefined ? [] : holdLock(options.lock)),
    ...readSecrets(options.secrets ?? []),
    ...markRun(),
    ...runScript(options),
  ].flatMap((lines) => lines.split('\n'));
}

const INTRODUCTION = [
  ...LAUNCHER_INTRODUCTION,
  '$ErrorActionPreference = \'Stop\'',
  '',
  'function Stop-Launcher([int] $Code, [string] $Reason) {',
  '  [Console]::Error.WriteLine("cots-batch-job: $Reason")',
  '  exit $Code',
  '}',
];

/** Whoever has taken over the job's role can send any name, but set none that is not a parameter's. */
function setVariables(parameterNames: string[]): string[] {
  return [
    '',
    '# The variables of this run. Bytes that are no UTF-8 are an error, not a question mark.',
    '$utf8 = New-Object Text.UTF8Encoding $false, $true',
    '$given = @()',
    `foreach ($variable in '{{ ${DocumentParameter.VARIABLES} }}'.Split(',')) {`,
    '  if ($variable -eq \'\') { continue }',
    '  $name, $base64 = $variable.Split(\'=\', 2)',
    `  if ($name -cnotin @(${parameterNames.map(quote).join(', ')})) { Stop-Launcher ${NOT_STARTED_EXIT_CODE} "not started: the job has no parameter $name" }`,
    '  try {',
    '    $value = $utf8.GetString([Convert]::FromBase64String($base64))',
    '    [Environment]::SetEnvironmentVariable($name, $value)',
    '  } catch {',
    `    Stop-Launcher ${NOT_STARTED_EXIT_CODE} "not started: variable $name cannot be set: $_"`,
    '  }',
    '  $given += $name',
    '}',
    '$how = if ($run -eq \'\') { \', Variables takes NAME=base64 of the value, separated by commas\' }',
    `foreach ($name in @(${parameterNames.map(quote).join(', ')})) {`,
    `  if ($name -cnotin $given) { Stop-Launcher ${NOT_STARTED_EXIT_CODE} "not started: the run has no value for parameter $name$how" }`,
    '}',
  ];
}

function setEnvironment(environment: { [name: string]: string }): string[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    const assignment = `$env:${name} = ${quote(value)}`;
    return Token.isUnresolved(value) ? orStop([assignment], `environment ${name} cannot be set: $_`) : [assignment];
  });
}

function enterFolder(folder: string | undefined): string[] {
  return folder === undefined ? [] : [
    '',
    ...!Token.isUnresolved(folder) ? [] : [
      `$folder = ${quote(folder)}`,
      // By the rule of synth. Registry and certificates are folders to PowerShell, too.
      'if ($folder -notmatch \'\\A([a-z]:[\\\\/]|\\\\\\\\[^\\\\])[^\\r\\n]*\\z\') {',
      `  Stop-Launcher ${NOT_STARTED_EXIT_CODE} "not started: workingDirectory must be an absolute path, got $($folder -replace '[^ -~]', '?')"`,
      '}',
    ],
    ...orStop([`Set-Location -LiteralPath ${Token.isUnresolved(folder) ? '$folder' : quote(folder)}`], '$_'),
  ];
}

function orStop(lines: string[], reason: string): string[] {
  return ['try {', ...lines.map((line) => `  ${line}`), '} catch {', `  Stop-Launcher ${NOT_STARTED_EXIT_CODE} "not started: ${reason}"`, '}'];
}

/**
 * The variables of a run: `$run`, empty where an operator sends the document by hand; `$job`, the job's folder; `$mark`.
 *
 * What they are made of is read before the program's environment is set, which may have the same names.
 */
function nameRun(jobKey: string): string[] {
  return [
    '',
    `$run = '{{ ${DocumentParameter.RUN_ID} }}'`,
    `if ($run -cnotmatch '\\A([A-Za-z0-9_-][A-Za-z0-9._-]*)?\\z') { Stop-Launcher ${NOT_STARTED_EXIT_CODE} 'not started: RunId must have letters, digits, ., _ and - only' }`,
    '$commandId = $env:SSM_COMMAND_ID',
    '$state = if ($env:COTS_BATCH_JOB_STATE) { $env:COTS_BATCH_JOB_STATE } else { "$env:ProgramData\\cots-batch-job" }',
    `$job = [IO.Path]::Combine($state, '${jobKey}')`,
    '$marks = [IO.Path]::Combine($job, \'runs\')',
    '$mark = [IO.Path]::Combine($marks, "run-$run.txt")',
    '',
    'function Test-Mark { (Get-Item -LiteralPath $mark -ErrorAction SilentlyContinue).Length -gt 0 }',
    '',
    'function Stop-Again {',
    '  # Without its command the mark is still being made, or whoever made it was interrupted.',
    '  if (-not (Test-Mark)) { Start-Sleep -Seconds 5 }',
    '  if (-not (Test-Mark) -or ($commandId -and (Get-Content -LiteralPath $mark) -eq $commandId)) {',
    `    Stop-Launcher ${INTERRUPTED_EXIT_CODE} "run $run was interrupted by a restart, and is not started again ($mark)"`,
    '  }',
    `  Stop-Launcher ${ALREADY_STARTED_EXIT_CODE} "run $run was started before, and is not started again ($mark)"`,
    '}',
  ];
}

/** As the shell launcher does it; once the folder of the marks is known to be the agent's own. */
function refuseLateStart(): string[] {
  return [
    '',
    'function Get-Seconds { [long] [Math]::Floor(([DateTime]::UtcNow - [DateTime] \'1970-01-01\').TotalSeconds) }',
    'function Format-Seconds([long] $Seconds) { ([DateTime] \'1970-01-01\').AddSeconds($Seconds).ToString(\'yyyy-MM-ddTHH:mm:ssZ\') }',
    `$before = '{{ ${DocumentParameter.START_BEFORE} }}'`,
    'if ($before -match \'^[0-9]+$\' -and (Get-Seconds) -ge [long] $before) {',
    '  if ($run -ne \'\' -and [IO.File]::Exists($mark)) { Stop-Again }',
    `  Stop-Launcher ${NOT_STARTED_EXIT_CODE} "not started: too late: it had to begin before $(Format-Seconds $before), and on this instance it is $(Format-Seconds (Get-Seconds))"`,
    '}',
  ];
}

/** `CreateDirectory` leaves a folder that exists as it is, whoever has made it, and follows a link. */
function makeFolders(): string[] {
  return [
    '',
    '# For SYSTEM and administrators only: users may write to ProgramData, and may have been there before.',
    '$access = New-Object Security.AccessControl.DirectorySecurity',
    '$access.SetSecurityDescriptorSddlForm(\'D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)\')',
    'try {',
    '  foreach ($folder in $state, $job, $marks) {',
    '    [void] [IO.Directory]::CreateDirectory($folder, $access)',
    '    $owner = [IO.Directory]::GetAccessControl($folder, \'Owner\').GetOwner([Security.Principal.SecurityIdentifier]).Value',
    '    $isLink = [IO.File]::GetAttributes($folder) -band [IO.FileAttributes]::ReparsePoint',
    `    if ($isLink -or $owner -notin ${TRUSTED_OWNERS}) { throw "$folder is a link, or belongs to neither SYSTEM nor the administrators" }`,
    '  }',
    '} catch {',
    `  Stop-Launcher ${NOT_STARTED_EXIT_CODE} "not started: $_"`,
    '}',
  ];
}

/** SYSTEM and the group of administrators. @see https://learn.microsoft.com/windows-server/identity/ad-ds/manage/understand-security-identifiers */
const TRUSTED_OWNERS = '\'S-1-5-18\', \'S-1-5-32-544\'';

/**
 * The job's lock is an open file that nobody else can open, until this process has ended and all that has inherited it: what the
 * program starts, as .NET Framework lets it inherit handles. The agent kills powershell.exe only (amazon-ssm-agent 3.3, executers):
 * the program itself lives on after a cancel or a time-out, and must keep the lock.
 *
 * A run that was refused for another one has not been started, and may come again: hence the lock before the mark.
 */
function holdLock({ waitSeconds }: LauncherLock): string[] {
  return [
    '',
    '# A run that was started before is no other run.',
    'if ($run -ne \'\' -and [IO.File]::Exists($mark)) { Stop-Again }',
    '',
    '# One run at a time: the file is open until this process has ended, and the programs that it has started.',
    '$launcherLock = $null',
    '$record = [IO.Path]::Combine($job, \'program.run\')',
    '# A check only asks, and only where whoever comes meanwhile has a record by which to be patient.',
    'for ($waited = 0; -not $launcherLock -and ([IO.File]::Exists($record) -or -not $check); $waited++) {',
    '  try {',
    '    $launcherLock = [IO.File]::Open([IO.Path]::Combine($job, \'launcher.lock\'), \'OpenOrCreate\', \'ReadWrite\', \'Inheritable\')',
    '  } catch {',
    `    if ($_.Exception.GetBaseException().HResult -ne ${SHARING_VIOLATION}) { Stop-Launcher ${NOT_STARTED_EXIT_CODE} "not started: $_" }`,
    '    $since, $limit, $holder, $other = try { ([string] (Get-Content -LiteralPath $record -TotalCount 1)).Split(\' \', 4) } catch { }',
    '    $left = $null',
    '    if ($holder) {',
    '      # Another process may have its ID by now.',
    '      $began = ([DateTime] \'1970-01-01\').AddSeconds([long] $since + 1)',
    '      $process = try { Get-Process -Id $holder | Where-Object { $_.StartTime.ToUniversalTime() -le $began } } catch { }',
    '      if (-not $process) { $left = \'what another run has left behind\' }',
    `      elseif ((Get-Seconds) -gt [long] $since + [long] $limit + ${OVERDUE_SECONDS}) { $left = 'a run that should have ended long ago' }`,
    '    }',
    '    # A run that is running may have ended by the time that is checked for.',
    '    if ($check -and -not $left) { break }',
    `    $patience = if ($left) { ${Math.max(waitSeconds, DYING_SECONDS)} } else { ${waitSeconds} }`,
    '    if ($waited -ge $patience) {',
    '      if ($left) {',
    '        $processes = try {',
    '          Get-CimInstance Win32_Process -Filter "ParentProcessId = $holder" | Where-Object { $_.CreationDate.ToUniversalTime() -ge $began.AddSeconds(-1) } |',
    '            Select-Object -First 3 | ForEach-Object {',
    '              "process $($_.ProcessId) ($($_.Name -replace \'[^ -~]\', \'?\')), since $($_.CreationDate.ToUniversalTime().ToString(\'yyyy-MM-ddTHH:mm:ssZ\'))"',
    '            }',
    '        } catch { }',
    '        $holders = if ($processes) { $processes -join \', \' } else { \'a process that it has started\' }',
    `        Stop-Launcher ${NOT_STARTED_EXIT_CODE} "not started: the job's lock ($job\\launcher.lock) is held by $($left): run $other of $(Format-Seconds $since): $holders"`,
    '      }',
    `      Stop-Launcher ${ALREADY_RUNNING_EXIT_CODE} "not started: another run of the job is still running (it holds $job\\launcher.lock)"`,
    '    }',
    '    Start-Sleep -Seconds 1',
    '  }',
    '}',
    'if ($check -and $launcherLock) { $launcherLock.Close() }',
    '$name = if ($run -eq \'\') { \'by hand\' } else { $run }',
    'try {',
    `  if (-not $check) { [IO.File]::WriteAllText($record, "$(Get-Seconds) {{ ${DocumentParameter.EXECUTION_TIMEOUT} }} $PID $name") }`,
    '} catch {',
    `  Stop-Launcher ${NOT_STARTED_EXIT_CODE} "not started: $_"`,
    '}',
  ];
}

/** ERROR_SHARING_VIOLATION as a HRESULT, 0x80070020. @see https://learn.microsoft.com/windows/win32/debug/system-error-codes--0-499- */
const SHARING_VIOLATION = -2147024864;

/**
 * A new file can be made only once, however many try at the same time. It is on the disk before the script starts, and goes again
 * where it cannot be written: that run may come again.
 */
function markRun(): string[] {
  return [
    '',
    '# Whoever makes the mark of the run starts it: a command may arrive twice, and the agent takes it up again after a reboot.',
    'if ($run -ne \'\' -and -not $check) {',
    '  try {',
    '    $file = [IO.File]::Open($mark, \'CreateNew\', \'Write\', \'Read\')',
    '  } catch {',
    '    if ([IO.File]::Exists($mark)) { Stop-Again }',
    `    Stop-Launcher ${NOT_STARTED_EXIT_CODE} "not started: $_"`,
    '  }',
    '  try {',
    '    $command = [Text.Encoding]::ASCII.GetBytes("$commandId`n")',
    '    $file.Write($command, 0, $command.Length)',
    '    $file.Flush($true)',
    '    $file.Close()',
    '  } catch {',
    '    $reason = $_',
    '    try { $file.Close() } catch { }',
    '    Remove-Item -LiteralPath $mark -ErrorAction SilentlyContinue',
    `    Stop-Launcher ${NOT_STARTED_EXIT_CODE} "not started: $reason"`,
    '  }',
    `  Get-ChildItem -LiteralPath $marks | Where-Object { $_.LastWriteTime -lt (Get-Date).AddDays(-${MARK_DAYS}) } |`,
    '    Remove-Item -ErrorAction SilentlyContinue',
    '}',
  ];
}

/** As in the shell launcher. The folders stay: they are made for administrators alone, which is a part of the check. */
function checkRoom(): string[] {
  return [
    '',
    `$check = '{{ ${DocumentParameter.CHECK} }}' -ne ''`,
    'if ($check) {',
    '  $written = [IO.Path]::Combine($marks, ".check.$PID")',
    '  try {',
    `    try { [IO.File]::WriteAllBytes($written, (New-Object byte[] ${CHECKED_KIBIBYTES * 1024})) } finally { [IO.File]::Delete($written) }`,
    '  } catch {',
    `    Stop-Launcher ${NOT_STARTED_EXIT_CODE} "not started: there is no room for the mark of the run: $_"`,
    '  }',
    '}',
  ];
}

/** A check ends before the program: a script that PowerShell cannot read would not start either. */
function endCheck(): string[] {
  return [
    'if ($check) {',
    `  try { [void] [scriptblock]::Create($batchScript) } catch { Stop-Launcher ${NOT_STARTED_EXIT_CODE} "not started: the script cannot be read: $_" }`,
    `  [Console]::Out.WriteLine('${CHECKED_WORDS}')`,
    '  exit 0',
    '}',
  ];
}

function runScript({ script, failFast }: LauncherOptions): string[] {
  return [
    '',
    ...Token.isUnresolved(script) ? [] : hereString(script),
    ...endCheck(),
    `$ErrorActionPreference = '${failFast ? 'Stop' : 'Continue'}'`,
    `$PSNativeCommandUseErrorActionPreference = $${failFast}`,
    '$global:LASTEXITCODE = 0',
    '& ([scriptblock]::Create($batchScript))',
    'exit $LASTEXITCODE',
  ];
}

/** A script with values that only a deployment knows comes in base64 as a whole: such a value is a part of the script, and of nothing else. */
function decodeScript(script: string): string[] {
  return !Token.isUnresolved(script) ? [] : [
    '',
    `$batchScript = ${quote(script)}`,
    `if ($batchScript.Trim() -eq '') { Stop-Launcher ${NOT_STARTED_EXIT_CODE} 'not started: the script of a command must not be empty' }`,
  ];
}

function hereString(script: string): string[] {
  const { text, tildes } = separate(script, UNSAFE_PLACES);
  return [
    '$batchScript = @\'',
    ...text.split('\n'),
    '\'@',
    ...(tildes === '' ? [] : [
      `$batchScript = $batchScript -replace '(?<=\\{)${tildes}(?=\\{)' -replace '(?<=(?:^|[\\r\\n])[''\\u2018-\\u201b])${tildes}(?=@)'`,
    ]),
  ];
}
