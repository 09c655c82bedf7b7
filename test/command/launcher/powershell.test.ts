import { scriptOf, valueOf } from './powershell-text';
import { CHECKED_WORDS } from '../../../src/command/launcher/check';
import { powerShellLauncher } from '../../../src/command/launcher/powershell';
import { LauncherOptions } from '../../../src/command/launcher/shell';

const launch = (options: Partial<LauncherOptions> = {}) => powerShellLauncher({ script: 'exit 0', failFast: true, jobKey: 'Job', parameterNames: [], ...options });

const SCRIPTS: { [name: string]: string } = {
  'one line': 'C:\\crawler\\index.exe --sites sites.txt',
  'line feeds at the end': 'a\n\n',
  'Windows line ends': 'a\r\nb\r\n',
  'empty lines': '\n\na\n',
  'quotes': 'Write-Output "a" \'b\' `c $d @(1) \u2019e\u2018',
  'braces': 'docker ps --format "{{.Names}} {{ RunId }} {{ssm:x}}" {{{ {{{{',
  'here-strings': '$a = @\'\nb {{\n\'@\n\u2019@ x\n$c = @"\n"@',
  'tildes': '{~{ {{ {~~{',
  'here-strings after other line ends': 'a\r\'@\r\n\'@\u2028\'@',
  'tildes at quotes': '\'~@\n\'@\n\u2018@',
};

test.each(Object.keys(SCRIPTS))('a script reaches PowerShell unchanged: %s', (name) => {
  const lines = launch({ script: SCRIPTS[name] });
  expect(scriptOf(lines)).toBe(SCRIPTS[name]);
});

test.each(Object.keys(SCRIPTS))('the document has no braces but those of its parameters: %s', (name) => {
  const lines = launch({ script: SCRIPTS[name], workingDirectory: 'C:\\{{{a}}}', environment: { A: '{{ RunId }}', B: '{{{{' } });
  expect(lines.filter((line) => line.includes('{{'))).toEqual([
    '$run = \'{{ RunId }}\'', '$before = \'{{ StartBefore }}\'', '$check = \'{{ Check }}\' -ne \'\'', 'foreach ($variable in \'{{ Variables }}\'.Split(\',\')) {',
  ]);
  expect(lines.filter((line) => line.includes('\n'))).toEqual([]);
});

test('shows the script line by line', () => {
  const lines = launch({ script: 'one\n  two\n\nthree' });
  expect(lines).toEqual(expect.arrayContaining(['$batchScript = @\'', 'one', '  two', '', 'three', '\'@']));
  expect(lines.some((line) => line.includes('-replace'))).toBe(false);
});

test.each([
  ['C', '\'C\''],
  ['it\'s "$HOME" `a', '\'it\'\'s "$HOME" `a\''],
  // PowerShell ends a string at a typographic quote, too.
  ['\u2018a\u2019 \u201ab\u201b', '\'\u2018\u2018a\u2019\u2019 \u201a\u201ab\u201b\u201b\''],
  ['{{ RunId }}', '(\'{\' + \'{ RunId }}\')'],
  ['{{{', '(\'{\' + \'{\' + \'{\')'],
  ['', '\'\''],
])('quotes %j', (value, expected) => {
  const lines = launch({ environment: { A: value } });
  expect(lines).toContain(`$env:A = ${expected}`);
  expect(valueOf(expected)).toBe(value);
});

test('enters the folder before it marks the run, and says so when it cannot', () => {
  const text = launch({ workingDirectory: 'C:\\it\'s' }).join('\n');
  expect(text).toContain('try {\n  Set-Location -LiteralPath \'C:\\it\'\'s\'\n} catch {\n  Stop-Launcher 215 "not started: $_"\n}');
  expect(text.indexOf('Set-Location')).toBeLessThan(text.indexOf('\'CreateNew\''));
  expect(launch().join('\n')).not.toContain('Set-Location');
});

test('sets the variables before it marks the run: a bad value starts nothing', () => {
  const text = launch().join('\n');
  expect(text.indexOf('FromBase64String')).toBeGreaterThan(-1);
  expect(text.indexOf('FromBase64String')).toBeLessThan(text.indexOf('\'CreateNew\''));
});

test.each([
  [[], '@()'],
  [['KEYWORDS', 'Depth'], '@(\'KEYWORDS\', \'Depth\')'],
])('takes no variable that is no parameter: %j', (parameterNames, list) => {
  const text = launch({ parameterNames }).join('\n');
  expect(text).toContain(`  if ($name -cnotin ${list}) { Stop-Launcher 215 "not started: the job has no parameter $name" }\n`);
  expect(text.indexOf('-cnotin')).toBeLessThan(text.indexOf('FromBase64String'));
});

test('reads the agent\'s variables before it sets the program\'s', () => {
  const text = launch({ environment: { ProgramData: 'D:\\' }, parameterNames: ['SSM_COMMAND_ID'] }).join('\n');
  const last = Math.max(...['COTS_BATCH_JOB_STATE', 'ProgramData\\', 'SSM_COMMAND_ID'].map((name) => text.lastIndexOf(`$env:${name}`)));
  expect(last).toBeGreaterThan(-1);
  expect(last).toBeLessThan(text.indexOf('SetEnvironmentVariable'));
  expect(last).toBeLessThan(text.indexOf('$env:ProgramData = '));
});

test('uses no folder that somebody else may have made, and none before it was looked at', () => {
  const lines = launch({ lock: { waitSeconds: 0 } });
  const text = lines.join('\n');
  expect(text).toContain([
    '  foreach ($folder in $state, $job, $marks) {',
    '    [void] [IO.Directory]::CreateDirectory($folder, $access)',
    '    $owner = [IO.Directory]::GetAccessControl($folder, \'Owner\').GetOwner([Security.Principal.SecurityIdentifier]).Value',
    '    $isLink = [IO.File]::GetAttributes($folder) -band [IO.FileAttributes]::ReparsePoint',
    '    if ($isLink -or $owner -notin \'S-1-5-18\', \'S-1-5-32-544\') { throw '
      + '"$folder is a link, or belongs to neither SYSTEM nor the administrators" }',
    '  }',
    '} catch {',
    '  Stop-Launcher 215 "not started: $_"',
  ].join('\n'));
  const uses = ['[IO.File]::Exists($mark)', '\'launcher.lock\'', '\'CreateNew\''].map((part) => text.indexOf(part));
  expect(Math.min(...uses)).toBeGreaterThan(text.indexOf('$isLink -or'));
});

test('has the mark on the disk before it starts anything, or takes it away again', () => {
  const text = launch().join('\n');
  expect(text).toContain([
    '    $command = [Text.Encoding]::ASCII.GetBytes("$commandId`n")',
    '    $file.Write($command, 0, $command.Length)',
    '    $file.Flush($true)',
    '    $file.Close()',
    '  } catch {',
    '    $reason = $_',
    '    try { $file.Close() } catch { }',
    '    Remove-Item -LiteralPath $mark -ErrorAction SilentlyContinue',
    '    Stop-Launcher 215 "not started: $reason"',
  ].join('\n'));
});

test('takes a run for interrupted whose mark has no command, after a while', () => {
  expect(launch().join('\n')).toContain([
    '  if (-not (Test-Mark)) { Start-Sleep -Seconds 5 }',
    '  if (-not (Test-Mark) -or ($commandId -and (Get-Content -LiteralPath $mark) -eq $commandId)) {',
    '    Stop-Launcher 214 ',
  ].join('\n'));
});

test('has the exit codes of the protocol', () => {
  const text = launch().join('\n');
  expect(text).toContain('Stop-Launcher 213 "run $run was started before, and is not started again ($mark)"');
  expect(text).toContain('Stop-Launcher 214 "run $run was interrupted by a restart, and is not started again ($mark)"');
});

describe('the job\'s lock', () => {
  const lines = launch({ lock: { waitSeconds: 60 } });
  const text = lines.join('\n');

  test('is a file that nobody else can open while this process lives, or one that has inherited it', () => {
    expect(text).toContain('[IO.File]::Open([IO.Path]::Combine($job, \'launcher.lock\'), \'OpenOrCreate\', \'ReadWrite\', \'Inheritable\')');
    expect(text.match(/.*\$launcherLock\..*/g)).toEqual(['if ($check -and $launcherLock) { $launcherLock.Close() }']);
  });

  test('is taken before the mark, and after a run that was started before was refused', () => {
    const places = ['[IO.File]::Exists($mark)) { Stop-Again }', '\'launcher.lock\'', '\'CreateNew\''].map((part) => text.indexOf(part));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(text.indexOf('function Stop-Again {'));
  });

  test('is waited for so many seconds; only where another process has it', () => {
    expect(text).toContain('    $patience = if ($left) { 60 } else { 60 }\n    if ($waited -ge $patience) {\n      if ($left) {\n');
    expect(text).toContain([
      '        Stop-Launcher 215 "not started: the job\'s lock ($job\\launcher.lock) is held by $($left): run $other of $(Format-Seconds $since): $holders"',
      '      }',
      '      Stop-Launcher 212 "not started: another run of the job is still running (it holds $job\\launcher.lock)"',
    ].join('\n'));
    expect(text).toContain('    if ($_.Exception.GetBaseException().HResult -ne -2147024864) { Stop-Launcher 215 "not started: $_" }');
    expect(-2147024864).toBe(0x80070020 - 2 ** 32);
  });

  test('is not left to what a run has left behind', () => {
    expect(text).toContain('Get-Process -Id $holder | Where-Object { $_.StartTime.ToUniversalTime() -le $began }');
    expect(text).toContain('-Filter "ParentProcessId = $holder" | Where-Object { $_.CreationDate.ToUniversalTime() -ge $began.AddSeconds(-1) }');
    expect(text).toContain("if (-not $process) { $left = 'what another run has left behind' }");
    expect(text).toContain("elseif ((Get-Seconds) -gt [long] $since + [long] $limit + 300) { $left = 'a run that should have ended long ago' }");
    expect(text).toContain('[IO.File]::WriteAllText($record, "$(Get-Seconds) {{ executionTimeout }} $PID $name")');
  });

  test('is only asked for by a check, which takes a run that is running for none that is in the way', () => {
    expect(text).toContain('for ($waited = 0; -not $launcherLock -and ([IO.File]::Exists($record) -or -not $check); $waited++) {');
    expect(text).toContain('    if ($check -and -not $left) { break }\n    $patience = ');
    expect(text).toContain('if ($check -and $launcherLock) { $launcherLock.Close() }\n');
    expect(text).toContain('  if (-not $check) { [IO.File]::WriteAllText($record, ');
  });

  test('is not there where runs may overlap', () => {
    expect(launch().join('\n')).not.toMatch(/launcher\.?lock/i);
  });
});

test.each([
  [true, ['$ErrorActionPreference = \'Stop\'', '$PSNativeCommandUseErrorActionPreference = $true']],
  [false, ['$ErrorActionPreference = \'Continue\'', '$PSNativeCommandUseErrorActionPreference = $false']],
])('fails fast: %s', (failFast, expected) => {
  expect(launch({ failFast }).slice(-5)).toEqual([
    ...expected, '$global:LASTEXITCODE = 0', '& ([scriptblock]::Create($batchScript))', 'exit $LASTEXITCODE',
  ]);
});

test.each([
  [{ runAs: 'crawler' }, 'runAs is not supported for PowerShell scripts, got "crawler"'],
  [{ shell: '/bin/sh' }, 'shell is not supported for PowerShell scripts, got "/bin/sh"'],
])('refuses %j', (options, message) => {
  expect(() => launch(options)).toThrow(message);
});

test('a parameter without a value, and a run that is late, start nothing', () => {
  const text = launch({ parameterNames: ['DIR'] }).join('\n');
  expect(text).toContain("foreach ($name in @('DIR')) {\n  if ($name -cnotin $given) { Stop-Launcher 215 \"not started: the run has no value for parameter $name$how\" }");
  expect(text).toContain("if ($before -match '^[0-9]+$' -and (Get-Seconds) -ge [long] $before) {\n"
    + "  if ($run -ne '' -and [IO.File]::Exists($mark)) { Stop-Again }\n  Stop-Launcher 215 \"not started: too late: it had to begin before ");
  expect(text.indexOf('too late')).toBeLessThan(text.indexOf('CreateNew'));
});

test('a check goes the way of a run, makes no mark, and ends before the script', () => {
  const text = launch({ parameterNames: ['DIR'], workingDirectory: 'C:\\app', lock: { waitSeconds: 0 } }).join('\n');
  const order = [
    "$check = '{{ Check }}' -ne ''", 'WriteAllBytes($written, (New-Object byte[] 1048576))', '-cnotin $given', 'Set-Location', "'launcher.lock'",
    "if ($run -ne '' -and -not $check) {", "'CreateNew'", "$batchScript = @'", 'try { [void] [scriptblock]::Create($batchScript) } catch',
    `[Console]::Out.WriteLine('${CHECKED_WORDS}')\n  exit 0\n}`, '& ([scriptblock]::Create($batchScript))',
  ].map((part) => text.indexOf(part));
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(order[0]).toBeGreaterThan(-1);
});
