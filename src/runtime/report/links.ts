import { JobSettings, RunLinks } from '../../protocol';
import { CONSOLES } from '../../protocol/console';
import { visibleLine } from '../../protocol/text';

/**
 * Pages about a run, in the console and the runbook. Partition and region are those of the execution's ARN; other partitions have no known
 * console.
 */
export class Links {
  private readonly region: string;
  private readonly base: string;

  constructor(private readonly job: JobSettings, private readonly executionId: string) {
    const [, partition, , region = ''] = executionId.split(':');
    const domain = CONSOLES.get(partition);
    this.region = region;
    this.base = domain && region ? `https://${region}.${domain}` : '';
  }

  /** @param commandIds the commands that were sent; the page shows the first. */
  public run(commandIds: string[]): RunLinks {
    const [commandId] = commandIds;
    return {
      execution: this.page(`/states/home?region=${this.region}#/v2/executions/details/${this.executionId}`),
      command: commandId ? this.page(`/systems-manager/run-command/${commandId}?region=${this.region}`) : '',
      logs: commandId ? this.output(commandId) : '',
      runbook: visibleLine(this.job.runbookUrl),
    };
  }

  /** The whole output of one instance; empty if it is not kept. */
  public instance(commandId: string, instanceId: string): string {
    return commandId && instanceId ? this.output(`${commandId}/${instanceId}`) : '';
  }

  /** Log streams, and keys in a bucket, begin with `<command>/<instance>`. */
  private output(prefix: string): string {
    const { logGroupName, outputBucketName, outputKeyPrefix } = this.job;
    if (logGroupName) {
      const group = fragment(encodeURIComponent(logGroupName));
      const query = fragment(`?logStreamNameFilter=${encodeURIComponent(prefix)}`);
      return this.page(`/cloudwatch/home?region=${this.region}#logsV2:log-groups/log-group/${group}${query}`);
    }
    if (outputBucketName) {
      const key = [...outputKeyPrefix ? [outputKeyPrefix.replace(/\/+$/, '')] : [], prefix].join('/');
      return this.page(`/s3/buckets/${outputBucketName}?region=${this.region}&prefix=${encodeURIComponent(`${key}/`)}`);
    }
    return '';
  }

  private page(path: string): string {
    return this.base && this.base + path;
  }
}

/** The page of an execution; its ARN where there is no console. */
export function executionPage(job: JobSettings, executionId: string): string {
  return new Links(job, executionId).run([]).execution || executionId;
}

/** The console of CloudWatch writes `$` for the `%` of an encoded fragment. */
function fragment(text: string): string {
  return encodeURIComponent(text).replace(/%/g, '$');
}
