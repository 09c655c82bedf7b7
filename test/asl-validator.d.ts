declare module 'asl-validator' {
  /** Changes its input. */
  export default function validate(definition: object, options?: { checkPaths?: boolean; checkArn?: boolean }): {
    readonly isValid: boolean;
    readonly errors: { readonly 'Error code': string; readonly 'Message': string }[];
  };
}
