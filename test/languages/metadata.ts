import { gunzipSync } from 'node:zlib';

export interface SynthesizedBy {
  /** The template's text without the metadata. */
  readonly text: string;
  /** Versions and names of the constructs. */
  readonly constructs: string;
  /** The language's runtime. */
  readonly runtime: string;
}

/** Takes a template apart, whose resource AWS::CDK::Metadata tells the language of its app. */
export function synthesizedBy(text: string): SynthesizedBy {
  const analytics: string = JSON.parse(text).Resources.CDKMetadata.Properties.Analytics;
  const [version, encoding, data] = analytics.split(':');
  if (version !== 'v2' || encoding !== 'deflate64') {
    throw new Error(`the analytics of CDK must begin with v2:deflate64:, got ${analytics}`);
  }
  const content = gunzipSync(Buffer.from(data, 'base64')).toString();
  const parts = /^(.*\},)([^,}]+)(!jsii-runtime\.Runtime)$/.exec(content);
  if (!parts) {
    throw new Error(`the analytics of CDK must end with the runtime of jsii, got ${content}`);
  }
  return { text: text.replace(analytics, ''), constructs: `${parts[1]}${parts[3]}`, runtime: parts[2] };
}
