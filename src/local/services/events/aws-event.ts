/** An event as EventBridge delivers it. */
export interface AwsEvent {
  readonly 'version': string;
  readonly 'id': string;
  readonly 'detail-type': string;
  readonly 'source': string;
  readonly 'account': string;
  /** To the second. */
  readonly 'time': string;
  readonly 'region': string;
  /** ARNs. */
  readonly 'resources': string[];
  readonly 'detail': { readonly [field: string]: unknown };
}
