import { JobSettings } from '../protocol';
import { quote } from '../protocol/text';

/** What EventBridge has around every event. */
const ENVELOPE = ['version', 'id', 'detail-type', 'source', 'account', 'time', 'region', 'resources', 'detail'];

/** What an execution's input may have. */
const FIELDS = ['parameters', 'pollIntervalSeconds', 'scheduledTime'];

/** Other words for these fields. */
const MISSPELT: { readonly [field: string]: string[] } = {
  parameters: ['parameter', 'params', 'param', 'variables', 'arguments', 'args'],
  pollIntervalSeconds: ['pollinterval'],
  scheduledTime: ['schedule', 'scheduledat', 'scheduletime'],
};

/** Words for where a job runs. */
const PLACES = [
  'instance', 'instances', 'instanceid', 'instanceids', 'ec2instance', 'ec2instances', 'ec2instanceid', 'ec2instanceids',
  'managedinstance', 'managedinstances', 'managedinstanceid', 'managedinstanceids',
  'target', 'targets', 'targetid', 'targetids', 'server', 'servers', 'servername', 'servernames', 'serverid', 'serverids',
  'host', 'hosts', 'hostname', 'hostnames', 'hostid', 'hostids', 'node', 'nodes', 'nodeid', 'nodeids',
  'machine', 'machines', 'fleet', 'tag', 'tags', 'resourcegroup', 'resourcegroups', 'filter', 'filters',
  'only', 'include', 'exclude', 'except', 'limit', 'limitto', 'skip', 'subset',
];

/** Words for what runs there, and how: props of a job and of its command, and members of SSM's SendCommand. */
const OVERRIDES = [
  'command', 'commands', 'commandline', 'commandid', 'script', 'scripts', 'shell', 'document', 'documentname', 'documentversion', 'documenthash',
  'runas', 'runasuser', 'workingdirectory', 'workdir', 'cwd', 'environment', 'env', 'environmentvariables',
  'successexitcodes', 'failfast', 'failonoutput', 'secret', 'secrets', 'executiontimeout', 'executiontimeoutseconds', 'deliverytimeout',
  'deliverytimeoutseconds', 'timeout', 'timeoutseconds', 'unresponsiveafter', 'unresponsiveafterseconds', 'longrunningafter', 'retry', 'retries',
  'maxattempts', 'maxconcurrency', 'concurrency', 'maxerrors', 'overlappolicy', 'overlap', 'completion', 'notifyon', 'notificationtopic',
  'notificationtopicarn', 'notificationtargets', 'outputbucket', 'outputs3bucketname', 'outputs3keyprefix', 'loggroup',
];

/** Words for another kind of run: running everything instead would be wrong. */
const KINDS = ['rerun', 'rerunof', 'rerunonly', 'check', 'checkonly', 'dryrun', 'test', 'testrun', 'simulate', 'force', 'restart', 'resume'];

const NARROWING = new Set([...PLACES, ...OVERRIDES, ...KINDS]);

/**
 * What is wrong with the fields of an execution's input. Most others are ignored, so that any event can start a job; not those by which
 * somebody asks for less, or for something else, than the job does: it would run on more servers than was asked for, and end green.
 */
export function refusedFields(job: JobSettings, names: string[]): string[] {
  return names.filter((name) => !FIELDS.includes(name)).flatMap((name) => {
    const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
    const meant = FIELDS.find((field) => field.toLowerCase() === plain || MISSPELT[field].includes(plain));
    if (ENVELOPE.includes(name)) {
      return [];
    }
    if (meant !== undefined) {
      return [`the input has ${quote(name)}, which must be spelt ${meant}`];
    }
    if (Object.hasOwn(job.parameters, name)) {
      return [`the input has the job's parameter ${quote(name)}, which must be in parameters`];
    }
    return NARROWING.has(plain)
      ? [`the input has ${quote(name)}, which no execution may choose: a run does all of what the job is deployed with`]
      : [];
  });
}
