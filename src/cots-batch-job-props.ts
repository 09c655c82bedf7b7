import { Duration } from 'aws-cdk-lib';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { IBucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { ITopic, ITopicSubscription } from 'aws-cdk-lib/aws-sns';
import { LogLevel } from 'aws-cdk-lib/aws-stepfunctions';
import { BatchCommand } from './command/batch-command';
import { CommandTarget } from './command-target';
import { BatchJobHandlers } from './handlers/batch-job-handlers';
import { HandlerOptions } from './handlers/handler-options';
import { InvocationLimit } from './invocation-limit';
import { JobParameter } from './job-parameter';
import { JobRetryOptions } from './job-retry';
import { JobSecret } from './job-secret';
import { CompletionMode, Outcome, OverlapPolicy } from './protocol';
import { JobScheduleOptions } from './schedule-options';
import { WorkflowOptions } from './workflow/workflow-options';

/**
 * What a batch job is made of. Only `command` and one of `instanceIds` and `targets` are required.
 */
export interface CotsBatchJobProps extends WorkflowOptions {
  /**
   * What runs on the instances.
   */
  readonly command: BatchCommand;

  /**
   * The instances, by ID: EC2 instances (`i-…`) and hybrid servers (`mi-…`), at most 500. A token is taken for the ID of an EC2
   * instance.
   *
   * @default - `targets` says where the job runs
   */
  readonly instanceIds?: string[];

  /**
   * The instances, by tag or resource group: SSM finds them when a run starts.
   *
   * @default - `instanceIds` says where the job runs
   */
  readonly targets?: CommandTarget[];

  /**
   * Handlers and roles that this job shares with others of its stack.
   *
   * @default - handlers and roles of its own, which can reach no other job
   */
  readonly handlers?: BatchJobHandlers;

  /**
   * What the job's own handlers are given: a VPC, roles, a dead-letter queue. Handlers that are shared have them from `BatchJobHandlers`.
   *
   * @default - see the options
   */
  readonly handlerOptions?: HandlerOptions;

  /**
   * What of an execution goes to the log group of the workflow.
   *
   * @default LogLevel.ALL
   */
  readonly workflowLogLevel?: LogLevel;

  /**
   * Whether the log of the workflow has the data of an execution, too: values of parameters, settings, the end of the program's output. Not
   * with a sensitive parameter.
   *
   * @default false
   */
  readonly includeExecutionData?: boolean;

  /**
   * Whether X-Ray traces the executions.
   *
   * @default true
   */
  readonly tracingEnabled?: boolean;

  /**
   * The name of the job in mails, results and descriptions: printable ASCII, at most 50 characters.
   *
   * @default - the ID of the construct
   */
  readonly jobName?: string;

  /**
   * What the job is for, in mails and results: one line, at most 200 characters.
   *
   * @default - none
   */
  readonly description?: string;

  /**
   * Whom to ask when the job fails, in mails and results, such as a team and its phone number: one line, at most 200 characters.
   *
   * @default - none
   */
  readonly owner?: string;

  /**
   * What to do when the job fails, in mails and results: the address of a page, at most 500 characters, beginning with `https://` or `http://`.
   *
   * @default - none
   */
  readonly runbookUrl?: string;

  /**
   * Names the job on its instances: the folder of its lock and of the marks of its runs, and that of its output in `outputBucket`. Letters,
   * digits, `-` and `_`, at most 80; `Aws.STACK_NAME` may be part of it. Two jobs on one instance must not have the same.
   *
   * By default it is the name that the stack is deployed with, `_`, and the ID of the construct, as in `Billing_Nightly`; where the construct
   * is not directly in the stack, its path and a hash. So one template can be deployed several times in an account, and:
   *
   * - An update of the stack keeps the key, and so does a stack that is deleted and made anew under its name: its jobs still know what runs on
   *   the instances, and which scheduled times have been started.
   * - A construct with another ID, or in a stack with another name, gets another key: the job does not know what still runs there, and a
   *   scheduled time that was started before may be started again. Give it the key that it had, as the text that names its folder.
   * - A job in a nested stack has the name of the stack around it: its own changes whenever it is made anew.
   *
   * For a PowerShell script, the default must not be longer than 115 characters, for which Windows has no room: set this, then.
   *
   * Not for `BatchCommand.document`, which leaves nothing on an instance.
   *
   * @default - the name of the stack, and the path of the construct in it
   */
  readonly jobKey?: string;

  /**
   * Values that an execution may hand to the program, as environment variables.
   *
   * @default - none
   */
  readonly parameters?: { [name: string]: JobParameter };

  /**
   * Values that nobody but the program may see, such as a password: the instance reads them with its own role when a run starts, and hands
   * them to the program as environment variables of these names. At most 20.
   *
   * The role of the instance needs the rights that `grantInstance` gives, and the instance the AWS CLI (Windows: AWS Tools for PowerShell, or the
   * AWS CLI). A run that cannot read them has not started the program, and says why.
   *
   * Not for `BatchCommand.document`, which has no launcher that could read them.
   *
   * @default - none
   */
  readonly secrets?: { [name: string]: JobSecret };

  /**
   * How a run learns that its program has ended.
   *
   * `CompletionMode.EVENTS` ends the wait as soon as SSM says so, at the price of a rule and its permission. Events of SSM are
   * best effort: a run of which they are all lost polls every `pollInterval`, as one that only polls.
   *
   * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-eventbridge-events.html
   * @default CompletionMode.POLLING
   */
  readonly completion?: CompletionMode;

  /**
   * The longest wait between two polls of a running job, between one second and one day. The first polls come sooner.
   *
   * Step Functions ends an execution at 25,000 events, so that a long execution timeout sets a lower bound: 87 seconds for 48 hours,
   * times the attempts of a `retry`.
   *
   * @default - five minutes; half an hour with `CompletionMode.EVENTS`
   */
  readonly pollInterval?: Duration;

  /**
   * How long the program may run on an instance, between 5 seconds and 48 hours. SSM stops it then; with `OverlapPolicy.WAIT`, for which
   * 48 hours are the limit of wait and program together, the launcher does. SSM's own default is one hour,
   * and what the agent takes for any value beyond these limits.
   *
   * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html
   * @default Duration.hours(12)
   */
  readonly executionTimeout?: Duration;

  /**
   * How long an instance may take to start the program, between 30 seconds and 30 days. If it has not by then, it will not.
   *
   * SSM keeps to it until the agent has taken the command, which may then wait on the instance behind others. There, the program does not
   * start later than five minutes after it, by the instance's clock; where instances wait for each other (`maxConcurrency`, and any run with
   * `targets`), not after the end of the attempt. `BatchCommand.document` has no launcher that could keep to that.
   *
   * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
   * @default Duration.minutes(10)
   */
  readonly deliveryTimeout?: Duration;

  /**
   * How long the SSM agent of an instance may be unresponsive while the program runs there, between 6 minutes and 30 days. A run of which
   * all instances have ended or are unresponsive for longer ends as `Unresponsive`, at its next poll, and the command is cancelled: an
   * agent that comes back later stops the program.
   *
   * It counts from the agent's last report, or from when SSM does not know the instance any more because it was stopped, terminated or
   * deregistered. Agents report every 5 minutes; where their `HealthFrequencyMinutes` is longer, this must be longer, too.
   *
   * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html
   * @see https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/health/healthcheck.go
   * @default Duration.minutes(30)
   */
  readonly unresponsiveAfter?: Duration;

  /**
   * When a run that still goes on is reported, once, from its start. Whole seconds, shorter than `deliveryTimeout` and
   * `executionTimeout` together. With `OverlapPolicy.WAIT` the time does not count in which a run goes on that was started before: this one
   * waits then. It does not end the run. The outcome of that notification is `Running`.
   *
   * @default - a run is reported when it has ended
   */
  readonly longRunningAfter?: Duration;

  /**
   * When the program is started once more, on the instances where it failed. The run is reported once, when its last attempt has ended.
   *
   * @default - a run has one attempt
   */
  readonly retry?: JobRetryOptions;

  /**
   * Whether an execution may repeat an earlier one of this job, with its parameters: started with the input
   * `{"rerunOf": "<name or ARN of the execution>", "only": "failed"}`, it runs on the instances on which that one did not succeed; with
   * `"only": "all"`, wherever the job runs. Mails of a failure have the whole command. Without it, such an input is refused.
   *
   * It lets the function that starts runs read the executions of the job, with what they were given, and list what became of its commands.
   *
   * @default false
   */
  readonly allowRerun?: boolean;

  /**
   * On how many instances the program runs at the same time. A number is shared among the commands of the run, one for every 50
   * `instanceIds`; a percentage counts for each of them.
   *
   * The whole attempt must end within `deliveryTimeout` + `executionTimeout`, however many rounds it takes.
   *
   * @default - 50, as SSM has it
   */
  readonly maxConcurrency?: InvocationLimit;

  /**
   * On how many instances the program may fail before SSM stops sending it to more. A number is divided among the commands of the run,
   * one for every 50 `instanceIds`, and rounded down, because SSM counts for each command; a percentage counts for each of them.
   *
   * @default - none, as SSM has it; 100 % if the command has success exit codes other than 0, which SSM takes for failures
   */
  readonly maxErrors?: InvocationLimit;

  /**
   * When the job runs, in the time zone of the expression. EventBridge Scheduler skips a time that does not exist because the clocks go
   * forward, of which synth warns, and starts once in an hour that comes twice.
   *
   * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
   * @default - it runs when it is started
   */
  readonly schedule?: ScheduleExpression;

  /**
   * How the schedule behaves.
   *
   * @default - see the options
   */
  readonly scheduleOptions?: JobScheduleOptions;

  /**
   * What happens where a run finds another run of this job still running on an instance.
   *
   * A run holds a lock of the kernel's on its instance (`flock` of util-linux or busybox; on Windows an open file) as long as its
   * program runs, or any process that the program has started and that has inherited the lock: also where the execution has long
   * ended. A daemon that the script starts on purpose keeps the lock, too, unless it is started without file descriptor 7 on Linux
   * (`daemon 7<&-`). On Windows SSM stops powershell.exe only: the program that it has started goes on, and keeps the lock (by the
   * source of the agent; not run on Windows).
   *
   * Not for `BatchCommand.document`, which has no launcher: its runs may overlap. `OverlapPolicy.WAIT` is not for `BatchCommand.powerShell`.
   *
   * @default - OverlapPolicy.SKIP if the job has a schedule and a script, otherwise OverlapPolicy.ALLOW
   */
  readonly overlapPolicy?: OverlapPolicy;

  /**
   * How long a run waits at most on an instance for another one to end, with `OverlapPolicy.WAIT`: whole seconds, not longer than 48 hours
   * less `executionTimeout`. A run that has waited so long in vain is `Skipped`, or, in a further attempt of its `retry`, has failed.
   *
   * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html
   * @default - `executionTimeout` and a minute, or what is left of 48 hours: whoever waits for a single run gets its turn
   */
  readonly overlapWait?: Duration;

  /**
   * Who is notified: CDK's own subscriptions, by email, SMS, SQS, HTTPS or Lambda.
   *
   * @default - whoever subscribes to `notificationTopic`
   */
  readonly notificationTargets?: ITopicSubscription[];

  /**
   * The topic that the job reports to.
   *
   * @default - a new topic, encrypted
   */
  readonly notificationTopic?: ITopic;

  /**
   * The outcomes that are reported.
   *
   * With `Outcome.SKIPPED`, a run is reported that found another one still running. One scheduled time that is delivered twice is not:
   * its run goes on, or has succeeded. `Outcome.NOT_STARTED` is always reported where there is `scheduleOptions.mustStartWithin`, and never without.
   *
   * @default - all failures: Failed, TimedOut, Undelivered, Cancelled, Unresponsive; with a `schedule` or `OverlapPolicy.WAIT`, Skipped, too
   */
  readonly notifyOn?: Outcome[];

  /**
   * Whether mails and results quote the last lines that the program has written to stdout and stderr. What a program prints may be secret:
   * without them, nothing of it is in a mail, a result, a cause, or the history of an execution. Links to the whole output stay, and
   * whoever follows one needs rights of their own. What launcher and agent say of their own failures is still quoted.
   *
   * @default true
   */
  readonly quoteOutput?: boolean;

  /**
   * Whether it is reported when the job succeeds again: a run that succeeds after one that failed, in whatever way, whoever started them. The
   * message has the outcome `Succeeded`, the attribute `recovery`, and says what failed before and when. With `Outcome.SUCCEEDED` in `notifyOn`
   * there is one message, which says so.
   *
   * Step Functions tells how the last runs ended: the handler that polls gets the rights `states:ListExecutions` and `states:DescribeExecution` on
   * runs of the job. Skipped runs are neither a failure nor a success. Where Step Functions does not answer, the run succeeds without that
   * message.
   *
   * @default false
   */
  readonly notifyOnRecovery?: boolean;

  /**
   * Whether notifications have a text for the chat clients of AWS (Amazon Q Developer in chat applications, once AWS Chatbot), which show a
   * custom notification in Slack or Microsoft Teams, and drop any other JSON without a word. They follow a topic over HTTPS: every other HTTPS
   * subscriber of the topic gets that text, too, in place of the result.
   *
   * Whatever a job reports goes to one thread of the channel.
   *
   * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
   * @default false
   */
  readonly chatNotifications?: boolean;

  /**
   * How the subject of a notification begins. What happened follows. Printable ASCII, at most 50 characters.
   *
   * @default - the name of the job
   */
  readonly notificationSubject?: string;

  /**
   * Whether a CloudWatch alarm notifies the topic, too, when a run failed, was stopped or timed out. It is a second net: EventBridge, on
   * which the notification of a run that was stopped depends, delivers at best effort.
   *
   * CloudWatch cannot publish to a topic that is encrypted with the key that AWS manages for SNS. The job's own topic therefore needs
   * `encryptionKey`, to the policy of which a statement for CloudWatch is added. The policies of a `notificationTopic`, and of its
   * key, must let `cloudwatch.amazonaws.com` publish; they are not changed.
   *
   * @see https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
   * @default false
   */
  readonly alarmOnFailure?: boolean;

  /**
   * Whether the instances send the program's output to CloudWatch Logs.
   *
   * @default true
   */
  readonly cloudWatchOutput?: boolean;

  /**
   * The log group of the program's output, in the account and region of the job.
   *
   * @default - a new log group, which stays when the stack is deleted
   */
  readonly outputLogGroup?: ILogGroup;

  /**
   * How long the new log group keeps the program's output.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly outputLogRetention?: RetentionDays;

  /**
   * A bucket that the instances send the program's output to, too.
   *
   * @default - none
   */
  readonly outputBucket?: IBucket;

  /**
   * The folder in the bucket, at most 500 characters. Below it, each command has a folder, and in it each instance.
   *
   * @default - the job's `jobKey`, so that no job can write where another one does
   */
  readonly outputKeyPrefix?: string;

  /**
   * Encrypts what the job stores: the definition and the executions of its state machine, its log groups, its topic, its schedule, and the
   * environment of its handlers. Not its SSM document, for which SSM takes no key.
   *
   * A symmetric key of this region. The policy of a key that is made in the app is extended for CloudWatch Logs; that of another one must let
   * `logs.<region>.amazonaws.com` use the key, and `delivery.logs.amazonaws.com` decrypt with it. What reads runs of the job without
   * `grantRead` or `asTask` needs `kms:Decrypt`.
   *
   * With it, Step Functions leaves input and output out of its events.
   *
   * @see https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
   * @default - keys that AWS owns; the topic has the key that AWS manages for SNS
   */
  readonly encryptionKey?: IKey;
}
