import * as fs from 'node:fs';
import * as path from 'node:path';

/** A value of a metric, as CloudWatch would take it out of a log. */
export interface MetricValue {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: { readonly [name: string]: string };
  readonly value: number;
}

interface EmbeddedMetrics {
  readonly Timestamp: number;
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string;
    /** Each of these lists makes a metric of its own. */
    readonly Dimensions: readonly (readonly string[])[];
    readonly Metrics: readonly { readonly Name: string }[];
  }[];
}

/**
 * What the functions have measured: the lines of their logs that are in CloudWatch's embedded metric format.
 *
 * @param folder of the logs; it need not be there
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics(folder: string): MetricValue[] {
  return (fs.existsSync(folder) ? fs.readdirSync(folder) : [])
    .flatMap((file) => fs.readFileSync(path.join(folder, file), 'utf8').split('\n'))
    .filter((line) => line.startsWith('{') && line.includes('"_aws"'))
    .flatMap(valuesOf);
}

function valuesOf(line: string): MetricValue[] {
  const record = parse(line);
  const { Timestamp: at = NaN, CloudWatchMetrics = [] } = record._aws ?? {};
  return CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) => Metrics.flatMap(({ Name: name }) => {
      const dimensions = Object.fromEntries(names.map((dimension) => [dimension, String(record[dimension])]));
      return [record[name]].flat().map((value) => ({ at, namespace, name, dimensions, value: Number(value) }));
    })));
}

/** A function may write what looks like it, and is cut. */
function parse(line: string): { readonly [field: string]: unknown; readonly _aws?: EmbeddedMetrics } {
  try {
    return JSON.parse(line) as { readonly _aws?: EmbeddedMetrics };
  } catch {
    return {};
  }
}
