/** Where the console of each partition is, behind `<region>.`; that of any other partition is not known. */
export const CONSOLES: ReadonlyMap<string, string> = new Map([
  ['aws', 'console.aws.amazon.com'],
  ['aws-cn', 'console.amazonaws.cn'],
  ['aws-us-gov', 'console.amazonaws-us-gov.com'],
]);
