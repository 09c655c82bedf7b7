/** What `cots-batch-job help` prints. */
export const HELP = `Runs batch jobs of a CDK app on this machine. Nothing is deployed, and no AWS account is needed.

Usage
  cots-batch-job run <cdk.out> [options]   run a job of a synthesized app
  cots-batch-job ssm [options]             only answer as SSM Run Command does,
                                           to whoever has the key that it prints

A run executes the state machine, invokes the functions and runs the batch
program's script, all on this machine and in the folder --work-dir.

Options of run
  --job NAME            which job, by its path or the end of it; not needed
                        if the app has one state machine
  --param NAME=VALUE    a parameter of the job; may be repeated
  --secret NAME=VALUE   the value of a secret of the job, which an instance
                        would read; may be repeated. Better: the environment
                        variable NAME, which no list of processes shows
  --input FILE|JSON     input of the execution; --param adds to it
  --check               do everything but the program: see whether it would
                        start; as --input '{"check":true}'
  --poll-interval SECONDS
                        the longest wait between two polls
  --speed N             let waits pass N times faster (default 1); time-outs
                        of the script pass faster, too. All times are the run's
  --authorize           fail if policies can not be checked; without it, they
                        are checked if @cloud-copilot/iam-simulate is installed
  --targets N           how many instances to make up for targets (default 2)
  --calendar NAME=FILE  a change calendar that is not in the app, by its name or
                        ARN: a file of iCalendar, as SSM keeps it (.ics); may
                        be repeated
  --path FOLDER         where the instance has programs of its own: scripts
                        have the PATH of the SSM agent, not yours; may be
                        repeated
  --until TIME          let the schedules fire from now until 2027-01-01, or
                        2027-01-01T06:00Z (UTC, unless it says otherwise), and
                        show what comes of each night; what lies between takes
                        no time. --job: only those of one job
  --from TIME           with --until: as if it were that time now
  --max-runs N          with --until: end after so many (default 400)
  --work-dir FOLDER     where logs go, which stay (default: a new temporary
                        folder, which is removed after a success)
  --keep                do not remove it
  --quiet               do not show what the programs print
  --html FILE           write a page of the run: timeline, output, mail, calls
  --json                write one JSON document, described below, and nothing
                        else
  --no-color            no colours

Options of ssm
  --port N              default: a free one
  --work-dir FOLDER     as above; the temporary one is removed at the end
  --keep                do not remove it

  -h, --help, --version

The document of --json has the same fields for success and failure:
  status                SUCCEEDED, FAILED, TIMED_OUT or ABORTED, of the execution
  error, cause          of an execution that failed, else null
  result                what the job reports: outcome, exitCode, instances, …;
                        null if it has reported nothing
  output                of the execution; null unless it succeeded
  startDate, stopDate, durationSeconds, realSeconds, speed
                        the run's time, and how long it really took
  notifications, commands, calls, history
                        all that was seen; "allowed" of a call is null where
                        policies were not checked
  job, executionName, executionArn, historyEventCount, largestStateBytes
  workDir               the folder of logs; null if it was removed

With --until, it has: from, until, runs (job, scheduledTime, clockTime,
timeZone, outcome, cause, durationSeconds, exitCode, notifications, …), metrics
(how often CloudWatch would count each outcome), next (the first time that was
left out because of --max-runs, else null), realSeconds, workDir.

Exit status
  0 the job succeeded, was skipped or was not due,
  1 it failed or was stopped,
  2 it could not be run as asked

Examples
  npx cdk synth && npx cots-batch-job run cdk.out
  npx cots-batch-job run cdk.out --job NightlyIndex --param KEYWORDS=cloud
  npx cots-batch-job run cdk.out --speed 60 --authorize --json > result.json
  npx cots-batch-job run cdk.out --until 2027-01-01
  npx cots-batch-job ssm --port 4566
`;
