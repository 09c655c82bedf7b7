/** A template of CloudFormation as it is in the file. */
export interface TemplateDocument {
  readonly Resources?: { readonly [logicalId: string]: ResourceDocument };
  readonly Parameters?: { readonly [name: string]: { readonly Type?: string; readonly Default?: unknown } };
  readonly Conditions?: { readonly [name: string]: unknown };
  readonly Mappings?: { readonly [name: string]: { readonly [top: string]: { readonly [second: string]: unknown } } };
  readonly Outputs?: { readonly [name: string]: OutputDocument };
  /** Macros. */
  readonly Transform?: unknown;
}

/** An output, as it is in the file. */
interface OutputDocument {
  readonly Value?: unknown;
  readonly Condition?: string;
  readonly Export?: { readonly Name?: unknown };
}

/** A resource, as it is in the file. */
export interface ResourceDocument {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: { readonly [name: string]: unknown };
  readonly Metadata?: { readonly [name: string]: unknown };
}
