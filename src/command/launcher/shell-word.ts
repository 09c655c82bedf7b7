/** A word of the shell that stands for exactly this text, and has no `{{`. */
export function quote(text: string): string {
  return `'${text.replace(/'/g, '\'\\\'\'').replace(/\{(?=\{)/g, '{\'\'')}'`;
}
