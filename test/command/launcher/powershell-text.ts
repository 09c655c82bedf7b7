/** The text that PowerShell makes of the here-string: what is between its marks, after the replacements below it. */
export function scriptOf(lines: string[]): string {
  const begin = lines.indexOf('$batchScript = @\'');
  const end = lines.findIndex((line, index) => index > begin && /^['\u2018-\u201b]@/.test(line));
  const [replacement] = lines.slice(end + 1);
  const [, braces, quotes] = /-replace '(.*?)' -replace '(.*)'$/.exec(replacement) ?? [];
  const text = lines.slice(begin + 1, end).join('\n');
  return braces === undefined ? text
    : text.replace(new RegExp(braces, 'g'), '').replace(new RegExp(quotes.replace(/''/g, '\''), 'g'), '');
}

/** The text that an expression of single-quoted strings stands for. */
export function valueOf(expression: string): string {
  return Array.from(expression.matchAll(/'((?:[^'\u2018-\u201b]|['\u2018-\u201b]{2})*)'/g), ([, word]) => word.replace(/(['\u2018-\u201b])\1/g, '$1')).join('');
}
