import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';

/** Stands for what is not known before something happens. */
export const GAP = '…';

/**
 * All texts that the source can put out: its literals, joined where they are added up, with a gap for each expression in them. What `refuse` and
 * `problem` make of their arguments is a text, too.
 */
export function sourceTexts(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts')).flatMap((file) => {
    const texts: string[] = [];
    const visit = (node: ts.Node): void => {
      const text = ts.isCallExpression(node) ? refusal(node) : isText(node) && !isPart(node) ? textOf(node) : undefined;
      if (text !== undefined) {
        texts.push(text);
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, readFileSync(join(folder, file), 'utf8'), ts.ScriptTarget.Latest, true));
    return texts;
  });
}

function refusal({ expression, arguments: [prop, rule] }: ts.CallExpression): string | undefined {
  return ts.isIdentifier(expression) && ['refuse', 'problem'].includes(expression.text) && prop && rule
    ? `${textOf(prop)} ${textOf(rule)}, got ${GAP}`
    : undefined;
}

function isText(node: ts.Node): node is ts.Expression {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || isSum(node);
}

function isSum(node: ts.Node): node is ts.BinaryExpression {
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken;
}

function isPart({ parent }: ts.Node): boolean {
  return parent !== undefined && isSum(parent);
}

function textOf(node: ts.Expression): string {
  if (ts.isStringLiteralLike(node)) {
    return node.text;
  }
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map(({ literal }) => GAP + literal.text).join('');
  }
  if (ts.isParenthesizedExpression(node)) {
    return textOf(node.expression);
  }
  return isSum(node) ? textOf(node.left) + textOf(node.right) : GAP;
}

/** Whether a text is a part of one of these, whatever its gaps stand for. */
export function isIn(text: string, texts: string[]): boolean {
  const parts = text.split(GAP).map((part) => part.trim()).filter((part) => part !== '');
  const pattern = new RegExp(parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^]*?'));
  return parts.some((part) => part.length > 8) && texts.some((candidate) => pattern.test(candidate));
}
