import { awscdk, github, javascript, ReleasableCommits, release } from 'projen';

/** Suites that need the packages that the build makes: the tasks test:consumer and test:languages. */
const PACKAGES = ['/test/consumer/', '/test/languages/'];

/** What publishes packages, with the tokens of those registries that want one. */
const PUBLIB_VERSION = '0.2.1061';

/**
 * The commits of the actions that workflows use: a tag can be moved to another one. To take a newer release, let
 * `git ls-remote --tags https://github.com/actions/checkout` say its commit.
 */
const ACTIONS = {
  'actions/checkout': '3d3c42e5aac5ba805825da76410c181273ba90b1', // v7.0.1
  'actions/download-artifact': '3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c', // v8.0.1
  'actions/setup-dotnet': 'a98b56852c35b8e3190ac28c8c2271da59106c68', // v6.0.0
  'actions/setup-go': 'b7ad1dad31e06c5925ef5d2fc7ad053ef454303e', // v7.0.0
  'actions/setup-java': 'b6effb05e454b25005698d916606bdc6ffcbf961', // v5.7.0
  'actions/setup-node': '820762786026740c76f36085b0efc47a31fe5020', // v7.0.0
  'actions/setup-python': '5fda3b95a4ea91299a34e894583c3862153e4b97', // v7.0.0
  'actions/upload-artifact': '043fb46d1a93c77aae656e7c1c64a875d1fc6a0a', // v7.0.1
  'amannn/action-semantic-pull-request': '48f256284bd46cdaab1048c3721360e808335d50', // v6.1.1
};

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-cots-batch-job',
  description: 'Runs batch programs that have no API on EC2 and hybrid servers: launched on time, watched to their end, reported when they fail',
  author: 'CotsBatchJob maintainers',
  authorAddress: 'maintainers@cots-batch-job.example',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cots-batch-job/cdk-cots-batch-job.git',
  homepage: 'https://github.com/cots-batch-job/cdk-cots-batch-job#readme',
  bugsUrl: 'https://github.com/cots-batch-job/cdk-cots-batch-job/issues',
  license: 'Apache-2.0',
  keywords: ['aws', 'cdk', 'aws-cdk', 'awscdk', 'batch', 'ssm', 'run-command', 'step-functions', 'scheduler', 'cots', 'ec2'],
  defaultReleaseBranch: 'main',
  packageManager: javascript.NodePackageManager.NPM,

  cdkVersion: '2.189.1',
  constructsVersion: '10.4.2',
  jsiiVersion: '~6.0.16',
  typescriptVersion: '~6.0.3',
  minNodeVersion: '20.0.0',
  // The last one for Node.js 20: npm warns of seventeen packages otherwise, each time somebody installs.
  bumpPackage: 'commit-and-tag-version@^12.7.3',
  workflowNodeVersion: '22',

  // Registries that know the workflow by its identity need no token that could be stolen. Maven Central and the Go module's repository do not.
  npmTrustedPublishing: true,
  publishToPypi: { distName: 'cdk-cots-batch-job', module: 'cdk_cots_batch_job', trustedPublishing: true },
  publishToMaven: {
    javaPackage: 'io.github.cotsbatchjob',
    mavenGroupId: 'io.github.cotsbatchjob',
    mavenArtifactId: 'cdk-cots-batch-job',
  },
  // Not CotsBatchJob.Cdk: inside of it, C# takes `CotsBatchJob.Cdk.JobParameter` for a member of the class CotsBatchJob.
  publishToNuget: { dotNetNamespace: 'CotsBatch.Cdk', packageId: 'CotsBatch.Cdk', trustedPublishing: true },
  publishToGo: { moduleName: 'github.com/cots-batch-job/cdk-cots-batch-job-go', packageName: 'cotsbatchjob' },
  // A maintainer decides when, the commits since the last release decide what number it gets and what its notes say.
  release: true,
  releaseTrigger: release.ReleaseTrigger.workflowDispatch(),
  releasableCommits: ReleasableCommits.featuresAndFixes(),
  jsiiReleaseVersion: PUBLIB_VERSION,
  // The first release: 0.0.0 is the number of whatever was not released.
  nextVersionCommand: 'node --print "process.env.VERSION === \'0.0.0\' ? \'minor\' : \'\'"',
  // The build itself runs the fast suite only.
  postBuildSteps: [
    { name: 'Lint', run: 'npx projen eslint' },
    { name: 'Slow suites', run: 'npx projen test:slow' },
    { name: 'API changes', run: 'npx projen compat' },
    { name: 'Snapshots', run: 'npx projen integ:snapshot' },
  ],
  buildWorkflow: true,
  // What is locked is what is built, and a build of somebody's pull request may write nothing.
  buildWorkflowOptions: { mutableBuild: false, permissions: { contents: github.workflows.JobPermission.READ } },
  githubOptions: {
    mergify: false,
    pullRequestLintOptions: { semanticTitleOptions: { types: ['feat', 'fix', 'docs', 'test', 'chore'] } },
  },
  // Once a week, within the ranges that stand here: projen writes package.json.
  depsUpgrade: false,
  dependabot: true,
  dependabotOptions: {
    scheduleInterval: github.DependabotScheduleInterval.WEEKLY,
    versioningStrategy: github.VersioningStrategy.LOCKFILE_ONLY,
    groups: { dependencies: { patterns: ['*'] } },
    // A release that was taken over is found out within days.
    cooldown: { defaultDays: 7 },
  },

  projenrcTs: true,
  projenrcTsOptions: { projenCodeDir: '.projen' },
  disableTsconfig: true,
  // The examples import the package by its name.
  tsconfigDev: { compilerOptions: { rootDir: '.', paths: { 'cdk-cots-batch-job': ['./src'] } } },
  tsconfigDevFile: 'tsconfig.dev.json',
  sampleCode: false,
  bin: { 'cots-batch-job': 'assets/local/cli/index.js' },

  devDeps: [
    '@aws-cdk/integ-runner@^2.197.10',
    '@aws-sdk/client-cloudwatch-logs@^3',
    '@aws-sdk/client-sfn@^3',
    '@aws-sdk/client-sns@^3',
    '@aws-sdk/client-ssm@^3',
    '@aws-sdk/credential-provider-env@^3',
    '@cloud-copilot/iam-simulate@^0.1.173',
    '@cyclonedx/cyclonedx-library@^10.3.0',
    '@dagrejs/dagre@^3',
    '@types/aws-lambda@^8',
    '@types/node@^20',
    'ajv@^8',
    'ajv-formats@^3',
    'ajv-formats-draft2019@^1.6',
    'asl-validator@^4',
    'aws-local-stepfunctions@3.0.0',
    'aws-sdk-client-mock@^4',
    'cdk-nag@2.37.55',
    'esbuild@^0.28',
    'fast-check@^4',
    'jsii-rosetta@~6.0.16',
    'jsonata@^2.0.6',
    'playwright-core@^1',
    'publint@^0.3',
    're2js@^2.10.0',
  ],

  // Handlers are bundled when this package is built: whoever synthesizes a stack needs neither esbuild nor Docker.
  lambdaAutoDiscover: false,

  // There is no tsconfig.json that the project service could find: jsii makes its own.
  eslintOptions: { dirs: ['src'], devdirs: ['test'], projectService: false },
  jestOptions: {
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    jestConfig: {
      testTimeout: 120_000,
      // Asked for with --coverage: it makes every run slower, and no test looks at it.
      collectCoverage: false,
      // Most tests wait for processes of their own.
      maxWorkers: '100%',
      // Of the runs under fault, which test.concurrent has side by side: they wait more than they work.
      maxConcurrency: 12,
      testSequencer: '<rootDir>/test/support/longest-first.js',
      setupFilesAfterEnv: ['<rootDir>/test/support/setup.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...PACKAGES],
      coveragePathIgnorePatterns: ['/node_modules/', '/test/'],
    },
  },
});

project.tsconfigDev.addInclude('.projenrc.ts');
project.tsconfigDev.addInclude('.projen/*.ts');
project.package.addField('type', 'commonjs');
project.package.addPackageResolutions('unrs-resolver@1.12.2');
// Nothing that is installed needs its script: each would check, or build anew, what has come with the package. npm asks for a decision.
for (const name of ['@parcel/watcher', 'esbuild', 'unrs-resolver']) {
  project.package.file.addOverride(`allowScripts.${name}`, false);
}
// The Go module requires the versions that are installed here: no newer ones than aws-cdk-lib 2.189.1 itself asks for. Not by
// addPackageResolutions: projen would warn, each time it runs, of packages of CDK 1, which these are not.
for (const [name, version] of Object.entries({
  'asset-awscli-v1': '2.2.229', 'asset-node-proxy-agent-v6': '2.1.0', 'cloud-assembly-schema': '41.0.0',
})) {
  project.package.file.addOverride(`overrides.@aws-cdk/${name}`, version);
}
// `logs` is a service of AWS here, and a folder.
project.gitignore.removePatterns('tsconfig.json', 'logs');
project.gitignore.exclude('cdk.out/', '/tsconfig.json', '.jsii.tabl.json');
project.addPackageIgnore('.jsii.tabl.json');
project.addPackageIgnore('/.ci/');
project.addPackageIgnore('/CONTRIBUTING.md');
project.addPackageIgnore('/SECURITY.md');
project.addPackageIgnore('/docs/');
project.addPackageIgnore('/tsconfig.dev.json');
// What runs in Lambda and the command line are in the bundles, and stay out of the package otherwise.
project.addPackageIgnore('/lib/runtime/');
project.addPackageIgnore('/lib/local/');

for (const [action, commit] of Object.entries(ACTIONS)) {
  project.github!.actions.set(action, `${action}@${commit}`);
}
// It reads the title.
project.tryFindObjectFile('.github/workflows/pull-request-lint.yml')!.addOverride('jobs.validate.permissions.pull-requests', 'read');
const releaseWorkflow = project.tryFindObjectFile('.github/workflows/release.yml')!;
// It builds and hands over; what publishes is other jobs.
releaseWorkflow.addOverride('jobs.release.permissions.contents', 'read');
// npm publishes without a token from version 11.5 on, which Node.js 24 has.
releaseWorkflow.addOverride('jobs.release_npm.steps.0.with.node-version', '24');

const bundler = javascript.Bundler.of(project)!;
// Not next to the bundles: there they would be part of what is deployed.
const METAFILES = '.cache/metafiles';
// A file of its own, next to the handler that checks values.
const PATTERN_ENGINE = 'pattern-engine.js';
bundler.bundleTask.prependExec(`rm -rf ${METAFILES}`);
// CI makes the bundles once, and then runs at the same time what uses them.
bundler.bundleTask.addCondition('[ "$BUNDLED" != true ]');
for (const name of ['send-command', 'get-status', 'close-run', 'check-start']) {
  bundler.addBundle(`src/runtime/${name}.lambda.ts`, {
    target: 'node22',
    platform: 'node',
    tsconfigPath: project.tsconfigDev.fileName,
    // Measured: the SDK in the bundle, minified, from its ES modules, loads in less than half the time of an SDK that is not bundled.
    externals: [],
    minify: true,
    mainFields: ['module', 'main'],
    esbuildArgs: {
      '--metafile': `${METAFILES}/${name}.json`,
      '--alias:@aws-sdk/credential-provider-node': './src/runtime/aws/credentials.ts',
      // A third of the code that the function would compile at each cold start, and most jobs have no pattern.
      '--alias:re2js': `./${PATTERN_ENGINE}`,
      [`--external:./${PATTERN_ENGINE}`]: true,
    },
  });
}
bundler.bundleTask.spawn(project.addTask('bundle:runtime/pattern-engine', {
  description: 'Create a JavaScript bundle of the engine for patterns, next to the handler that loads it where a job has a pattern',
  execArgs: [
    'esbuild', 're2js', '--bundle', '--minify', '--platform=node', '--target=node22', '--format=cjs',
    '--log-level=warning', `--metafile=${METAFILES}/pattern-engine.json`, `--outfile=assets/runtime/send-command.lambda/${PATTERN_ENGINE}`,
  ],
}));

// The local run's state machine engine, as one file. It gets its timers, its clock and `require` from us, so that waits can be shortened
// (src/local/services/states/engine-bundle.ts), and leaves out what is never used here: the Lambda client and the validator.
bundler.bundleTask.spawn(project.addTask('bundle:local/engine', {
  description: 'Create a JavaScript bundle of the state machine engine',
  execArgs: [
    'esbuild', 'aws-local-stepfunctions', '--bundle', '--minify', '--platform=node', '--target=node20', '--format=cjs',
    '--external:@aws-sdk/*', '--external:asl-validator',
    '--banner:js=module.exports = (require, setTimeout, clearTimeout, Date) => { const module = { exports: {} };',
    '--footer:js=return module.exports; };',
    '--log-level=warning', `--metafile=${METAFILES}/engine.json`, '--outfile=assets/local/engine/index.js',
  ],
}));
// The command line, as one file: nothing of it is imported by anyone. Names stay as they are, so that a stack trace can be read. Python's
// package has the command, too, and does not make it executable, as npm does: esbuild does, because of the first line.
bundler.bundleTask.spawn(project.addTask('bundle:local/cli', {
  description: 'Create a JavaScript bundle of the command line',
  execArgs: [
    'esbuild', 'src/local/cli/cli.ts', '--bundle', '--minify-whitespace', '--minify-syntax', '--platform=node', '--target=node20', '--format=cjs',
    '--log-level=warning', `--metafile=${METAFILES}/cli.json`, '--outfile=assets/local/cli/index.js',
  ],
}));
// What synth and handlers say of a pattern is the same code; synth loads it where there is a pattern (src/pattern-rules.ts).
bundler.bundleTask.spawn(project.addTask('bundle:patterns', {
  description: 'Create a JavaScript bundle of the rules for patterns, for synth',
  execArgs: [
    'esbuild', 'src/runtime/patterns.ts', '--bundle', '--minify', '--platform=node', '--target=node20', '--format=cjs',
    '--log-level=warning', `--metafile=${METAFILES}/patterns.json`, '--outfile=assets/patterns/index.js',
  ],
}));
bundler.bundleTask.spawn(project.addTask('bundle:licenses', {
  description: 'List the licences of what is in the bundles',
  execArgs: [
    'ts-node', '--transpile-only', '--project', 'tsconfig.dev.json', '.projen/third-party-licenses.ts', METAFILES, 'assets/THIRD-PARTY-LICENSES',
  ],
}));
bundler.bundleTask.spawn(project.addTask('bundle:materials', {
  description: 'Write the bill of materials (CycloneDX) of what is in the bundles',
  execArgs: ['ts-node', '--transpile-only', '--project', 'tsconfig.dev.json', '.projen/bill-of-materials.ts', METAFILES, 'assets/bom.cdx.json'],
}));

// What handlers and the command line import is bundled.
project.eslint!.allowDevDeps('**/src/runtime/**');
project.eslint!.allowDevDeps('**/src/local/**');

// The walls of the house: constructs know no SDK, handlers know no CDK, the local run knows neither.
const cdk = ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'];
const wall = (files: string, excludedFiles: string[], forbidden: string[]) => project.eslint!.addOverride({
  files: [files],
  excludedFiles,
  rules: { 'no-restricted-imports': ['error', { patterns: forbidden }] },
});
wall('src/**/*.ts', ['src/runtime/**', 'src/local/**'], ['@aws-sdk/*']);
wall('src/{runtime,protocol}/**/*.ts', [], cdk);
wall('src/local/**/*.ts', [], [...cdk, '@aws-sdk/*']);
wall('test/**/*.ts', ['test/support/seeded.ts'], ['fast-check']);
// What programs and templates say gets to a terminal in one way, which lets no escape sequence through.
project.eslint!.addOverride({
  files: ['src/local/**/*.ts'],
  excludedFiles: ['src/local/cli/terminal.ts'],
  rules: {
    'no-console': 'error',
    'no-restricted-syntax': ['error', {
      selector: "MemberExpression[property.name='write'][object.object.name='process']",
      message: 'write to a Terminal (src/local/cli/terminal.ts): it shows text of others and obeys none of it',
    }],
  },
});
// An exception that is none any more goes.
project.tryFindObjectFile('.eslintrc.json')!.addOverride('reportUnusedDisableDirectives', true);
// One hand.
project.eslint!.addRules({
  'curly': ['error', 'all'],
  '@stylistic/arrow-parens': ['error', 'always'],
  '@typescript-eslint/explicit-member-accessibility': ['error', { overrides: { constructors: 'no-public' } }],
  'import/enforce-node-protocol-usage': ['error', 'always'],
});
project.eslint!.addRules({
  'import/no-cycle': 'error',
  'import/no-restricted-paths': ['error', {
    zones: [
      { target: './src/protocol', from: './src', except: ['./protocol'] },
      { target: './src/runtime', from: './src', except: ['./runtime', './protocol'] },
      // When a schedule fires is the same everywhere.
      { target: './src/local', from: './src', except: ['./local', './protocol/schedule'] },
      // Nothing needs the command line but its user.
      { target: './src/local/!(cli)/**', from: './src/local/cli' },
      { target: './src/!(runtime|local)/**', from: './src/{runtime,local}' },
      { target: './src/*.ts', from: './src/{runtime,local}' },
    ],
  }],
});

// Two suites without a test in common, which together are all that needs no package. `npm test` is what one runs while one works. The other
// has what runs programs for minutes. The real bundles run in both; lint is a step of CI.
const SLOW = ['bench/waiting', 'command/launcher', 'faults', 'fuzz', 'least-privilege', 'pictures', 'runs', 'security'].map((folder) => `/test/${folder}/`);
project.testTask.reset();
project.testTask.spawn(bundler.bundleTask);
project.testTask.exec('tsc --noEmit -p tsconfig.dev.json', { name: 'Type-check the test suite' });
project.testTask.addSteps({
  execArgs: ['jest', '--ci', ...['/node_modules/', ...PACKAGES, ...SLOW].map((pattern) => `--testPathIgnorePatterns=${pattern}`)],
  receiveArgs: true,
});
project.addTask('test:slow', {
  description: 'Run the tests that npm test leaves out: the launcher, whole runs, faults, fuzz, least privilege, pictures, security, the benchmark\'s waiting',
  steps: [
    { spawn: bundler.bundleTask.name },
    // More than the two processors of CI: its tests wait for pauses, locks and processes most of the time.
    { execArgs: ['jest', '--ci', '--maxWorkers=3', ...SLOW], receiveArgs: true },
  ],
});

const packageSuite = (name: string, description: string) => project.addTask(`test:${name}`, {
  description,
  steps: [{
    execArgs: ['jest', '--testPathIgnorePatterns=/node_modules/', `--testMatch=**/test/${name}/**/*.test.ts`],
    receiveArgs: true,
  }],
});
packageSuite('consumer', 'Install the packed package as a consumer does, and use it there');
packageSuite('languages', 'Install the packed package of every language as a consumer does, and compare what their examples synthesize');

project.addTask('faults:docs', {
  description: 'Run everything under fault, and write docs/faults.md',
  env: { FAULT_COUNTS: 'write' },
  steps: [
    { spawn: bundler.bundleTask.name },
    { execArgs: ['jest', 'test/faults', '--testPathIgnorePatterns=/node_modules/', '--testPathIgnorePatterns=page.test'] },
    { execArgs: ['ts-node', '--transpile-only', '--project', 'tsconfig.dev.json', 'test/faults/write-page.ts'] },
  ],
});

project.addTask('bench', {
  description: 'Measure waiting, fleets, handlers, synth and package, and write docs/measured.md',
  env: { CDK_VALIDATION: 'false' },
  steps: [
    { spawn: bundler.bundleTask.name },
    { spawn: project.compileTask.name },
    { execArgs: ['ts-node', '--transpile-only', '--project', 'tsconfig.dev.json', 'test/bench/measure.ts'], receiveArgs: true },
    { execArgs: ['ts-node', '--transpile-only', '--project', 'tsconfig.dev.json', 'test/bench/write-page.ts'] },
  ],
});

// The snapshots of the apps in test/integ. Plain apps: integ-tests-alpha would need a newer aws-cdk-lib than the oldest that we accept.
const integRunner = (name: string, description: string, ...args: string[]) => project.addTask(name, {
  description,
  env: { TS_NODE_PROJECT: 'tsconfig.dev.json', TS_NODE_TRANSPILE_ONLY: 'true', CDK_VALIDATION: 'false' },
  steps: [
    { spawn: bundler.bundleTask.name },
    { execArgs: ['integ-runner', '--directory', 'test/integ', '--language', 'typescript', '--max-workers', '3', ...args], receiveArgs: true },
  ],
});
integRunner('integ:snapshot', 'Compare what the apps of test/integ synthesize with their snapshots');
integRunner('integ:update', 'Write the snapshots that have changed, without deploying anything', '--update-on-failed', '--dry-run');
// What is not compared: the handlers' code, and a second form of the templates.
project.gitignore.exclude('/test/integ/*.snapshot/asset.*', '/test/integ/*.snapshot/tree.json', '/test/integ/cdk-integ.out.*');
project.gitattributes.addAttributes('/test/integ/*.snapshot/**', 'linguist-generated');

// projen's own task succeeds without a registry, too.
project.tasks.tryFind('compat')!.reset();
project.tasks.tryFind('compat')!.addSteps({ execArgs: ['.ci/compat'], receiveArgs: true });

// Every snippet of the README and of the docstrings compiles. The packages of the other languages show it in their language, and so does
// Construct Hub, which translates them anew from the package: what they stand in (rosetta/) is part of it.
const rosetta = project.addTask('rosetta', {
  description: 'Compile the snippets of the README and the docstrings, and translate them',
  execArgs: ['jsii-rosetta', 'extract', '--strict', '--cache', 'test-reports/rosetta.tabl.json'],
});

// Where the packages of the other languages are shown, relative links of the README lead nowhere.
project.compileTask.addSteps({ execArgs: ['ts-node', '--transpile-only', '--project', 'tsconfig.dev.json', '.projen/readme-links.ts', '.jsii'] });
// What jsii-docgen says of each type, in the order in which a reader needs it.
const docgen = project.tasks.tryFind('docgen')!;
docgen.reset();
docgen.addSteps({ execArgs: ['ts-node', '--transpile-only', '--project', 'tsconfig.dev.json', '.projen/api-reference.ts', 'API.md'] });

project.addTask('demo', {
  description: 'Run the nightly crawler of test/fixtures on this machine',
  // It bundles by itself: a newcomer's first look is at the demo, not at the command lines of esbuild.
  steps: [{ execArgs: ['ts-node', '--transpile-only', '--project', 'tsconfig.dev.json', 'test/fixtures/demo.ts'], receiveArgs: true }],
});

project.addTask('pictures', {
  description: 'Draw the pictures of README and docs from what they show: templates, definitions, and runs on this machine',
  env: { CDK_VALIDATION: 'false' },
  steps: [
    { spawn: bundler.bundleTask.name },
    { execArgs: ['ts-node', '--transpile-only', '--project', 'tsconfig.dev.json', 'test/pictures/write.ts'], receiveArgs: true },
  ],
});

// Packages of the other languages are built by name, where their toolchains are. Maven has its own repository here, so that neither
// does every build fetch aws-cdk-lib anew, nor does a package without a release get into the user's.
const languages = ['python', 'java', 'go'];
const pacmak = (...targets: string[]) => [
  'jsii-pacmak', '-v', '--rosetta-unknown-snippets', 'fail', '--maven-local-repository', '.cache/maven',
  ...targets.flatMap((target) => ['--target', target]),
];
for (const language of languages) {
  const task = project.tasks.tryFind(`package:${language}`)!;
  task.reset();
  task.spawn(rosetta);
  task.addSteps({ execArgs: pacmak(language) });
}
const dotnetCode = project.addTask('package:dotnet-code', {
  description: 'Create dotnet language bindings, without building them',
  steps: [{ spawn: rosetta.name }, { execArgs: [...pacmak('dotnet'), '--code-only'] }],
});
project.addTask('package:languages', {
  description: 'Create the packages of all languages but dotnet, and dotnet\'s code',
  steps: [{ spawn: rosetta.name }, { execArgs: pacmak(...languages) }, { spawn: dotnetCode.name }],
});
project.tasks.tryFind('package')!.reset();
project.tasks.tryFind('package')!.spawn(project.tasks.tryFind('package:js')!);
project.addPackageIgnore('/.cache/');

project.synth();
