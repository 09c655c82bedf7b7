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
const KINDS = ['test', 'testrun', 'simulate', 'force', 'restart', 'resume'];

/** Fields by which somebody asks for less, or for something else, than a job does. In lower case, letters and digits only. */
export const NARROWING = new Set([...PLACES, ...OVERRIDES, ...KINDS]);
