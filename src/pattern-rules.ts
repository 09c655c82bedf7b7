import { createRequire } from 'node:module';
import { PatternMatch } from './protocol/value-rules';

/** What handlers and synth say of a pattern: `runtime/patterns`, in the same words. */
export interface PatternRules {
  readonly matchesWhole: PatternMatch;
  /** The rule that a pattern breaks, or undefined. */
  brokenPatternRule(pattern: string): string | undefined;
}

let loaded: PatternRules | undefined;

/**
 * The rules for patterns, with the engine that handlers match them with, as one file. This package has no dependencies, and an app without
 * a pattern does not load it.
 */
export function patternRules(): PatternRules {
  // The same place from src and from lib.
  loaded ??= createRequire(__filename)('../assets/patterns/index.js') as PatternRules;
  return loaded;
}
